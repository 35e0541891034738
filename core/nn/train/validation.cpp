#include "core/nn/train/validation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/nn/frame.h"
#include "core/nn/train/losses.h"
#include "core/nn/train/parallel_replicas.h"

namespace cyto::nn {

namespace {

constexpr int64_t kDecodedTogether = 8;

std::vector<int64_t> chooseObjects(const AnnotatedImage& image, int64_t count) {
  std::vector<int64_t> all(image.objects.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  Random random(all.size());
  std::shuffle(all.begin(), all.end(), random);
  all.resize(std::min<size_t>(all.size(), static_cast<size_t>(count)));
  return all;
}

Frame frameOf(const AnnotatedImage& image, int64_t side) {
  const at::Tensor interleaved = image.pixels.permute({1, 2, 0}).contiguous();
  const uint8_t* pixels = interleaved.const_data_ptr<uint8_t>();
  return makeFrame({image.rows(), image.columns(), {pixels, pixels + interleaved.numel()}}, side);
}

/// Logits at the resolution of the image.
at::Tensor toImage(const at::Tensor& logits, const Frame& frame, const AnnotatedImage& image) {
  return at::upsample_bilinear2d(at::upsample_bilinear2d(logits, {frame.pixels.size(2), frame.pixels.size(3)}, false)
                                     .slice(2, 0, frame.inputSize.y)
                                     .slice(3, 0, frame.inputSize.x),
                                 {image.rows(), image.columns()}, false);
}

struct Sums {
  double point = 0, box = 0;
  int64_t objects = 0;
};

void promptTogether(PromptableModel& model, const PreparedFeatures& prepared, const Frame& frame,
                    const AnnotatedImage& image, const std::vector<int64_t>& chosen, Sums& sums) {
  const double scaleX = static_cast<double>(frame.inputSize.x) / static_cast<double>(image.columns());
  const double scaleY = static_cast<double>(frame.inputSize.y) / static_cast<double>(image.rows());
  std::vector<at::Tensor> truths;
  std::vector<float> clicks, boxes;
  for (const int64_t object : chosen) {
    const at::Tensor mask = image.labels[0].eq(static_cast<double>(object + 1));
    truths.push_back(mask);
    const auto [x, y] = deepestPoint(image, object);
    clicks.insert(clicks.end(), {static_cast<float>(x * scaleX), static_cast<float>(y * scaleY)});
    const at::Tensor columns = at::nonzero(mask.any(0)), rows = at::nonzero(mask.any(1));
    boxes.insert(boxes.end(), {static_cast<float>(columns.min().item<double>() * scaleX),
                               static_cast<float>(rows.min().item<double>() * scaleY),
                               static_cast<float>((columns.max().item<double>() + 1) * scaleX),
                               static_cast<float>((rows.max().item<double>() + 1) * scaleY)});
  }
  const at::Tensor truth = at::stack(truths).to(at::kFloat);
  const auto count = static_cast<int64_t>(chosen.size());
  const auto iou = [&](const at::Tensor& logits) {
    return maskIou(toImage(logits, frame, image), truth).sum().item<double>();
  };
  PromptTensors click;
  click.points = at::tensor(clicks).view({count, 1, 2});
  click.pointLabels = at::ones({count, 1}, at::kFloat);
  sums.point += iou(model.decodePrepared(prepared, click, MaskSelection::kBestAlternative).logits);
  PromptTensors box;
  box.boxes = at::tensor(boxes).view({count, 4});
  sums.box += iou(model.decodePrepared(prepared, box, MaskSelection::kSingle).logits);
  sums.objects += count;
}

Sums validateImage(PromptableModel& model, const AnnotatedImage& image, int64_t objectsPerImage, at::ScalarType type) {
  const at::AutoGradMode withoutGradients(false);
  const Frame frame = frameOf(image, model.frameSide());
  const PreparedPtr prepared = model.prepare(model.encode(frame.pixels.to(type)));
  const std::vector<int64_t> chosen = chooseObjects(image, objectsPerImage);
  Sums sums;
  for (size_t first = 0; first < chosen.size(); first += kDecodedTogether) {
    const size_t last = std::min(chosen.size(), first + kDecodedTogether);
    promptTogether(model, *prepared, frame, image,
                   {chosen.begin() + static_cast<int64_t>(first), chosen.begin() + static_cast<int64_t>(last)}, sums);
  }
  return sums;
}

}  // namespace

std::pair<double, double> deepestPoint(const AnnotatedImage& image, int64_t object) {
  const at::Tensor mask = image.labels[0].eq(static_cast<double>(object + 1));
  const at::Tensor rows = at::nonzero(mask.any(1)), columns = at::nonzero(mask.any(0));
  const int64_t top = rows.min().item<int64_t>(), left = columns.min().item<int64_t>();
  const int64_t height = rows.max().item<int64_t>() - top + 1, width = columns.max().item<int64_t>() - left + 1;
  const at::Tensor part = mask.slice(0, top, top + height).slice(1, left, left + width).contiguous();
  const bool* inside = part.const_data_ptr<bool>();

  // Distance to the background within the column first, then over columns; outside the bounds is background.
  std::vector<double> vertical(static_cast<size_t>(height * width));
  const auto at = [&](int64_t y, int64_t x) -> double& { return vertical[static_cast<size_t>(y * width + x)]; };
  for (int64_t x = 0; x < width; ++x) {
    double distance = 0;
    for (int64_t y = 0; y < height; ++y) at(y, x) = distance = inside[y * width + x] ? distance + 1 : 0;
    distance = 0;
    for (int64_t y = height - 1; y >= 0; --y) {
      distance = inside[y * width + x] ? distance + 1 : 0;
      at(y, x) = std::min(at(y, x), distance);
    }
  }
  double deepest = -1;
  std::pair<double, double> best;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      double nearest = std::pow(static_cast<double>(std::min(x + 1, width - x)), 2);
      for (int64_t other = 0; other < width; ++other) {
        nearest = std::min(nearest, std::pow(static_cast<double>(x - other), 2) + std::pow(at(y, other), 2));
      }
      if (nearest <= deepest) continue;
      deepest = nearest;
      best = {static_cast<double>(left + x) + 0.5, static_cast<double>(top + y) + 0.5};
    }
  }
  return best;
}

std::map<std::string, ValidationScore> validate(const std::vector<PromptableModel*>& models,
                                                const std::vector<AnnotatedImage>& images, int64_t objectsPerImage,
                                                at::ScalarType type, const CancelToken& cancel) {
  std::vector<Sums> sums(images.size());
  runOnReplicas(models.size(), [&](size_t replica) {
    for (size_t i = replica; i < images.size() && !cancel.isCancelled(); i += models.size()) {
      sums[i] = validateImage(*models[replica], images[i], objectsPerImage, type);
    }
  });
  std::map<std::string, ValidationScore> scores;
  for (size_t i = 0; i < images.size(); ++i) {
    for (const std::string& kind : {std::string(), images[i].kind}) {
      ValidationScore& score = scores[kind];
      score.point += sums[i].point;
      score.box += sums[i].box;
      score.objects += sums[i].objects;
    }
  }
  for (auto& [kind, score] : scores) {
    const double count = std::max<double>(1, static_cast<double>(score.objects));
    score.point /= count;
    score.box /= count;
  }
  return scores;
}

}  // namespace cyto::nn
