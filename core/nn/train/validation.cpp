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

RgbImage rgbOf(const AnnotatedImage& image) {
  RgbImage rgb{image.rows, image.columns, image.pixels};
  if (image.channels == 3) return rgb;
  rgb.pixels.clear();
  for (const uint8_t value : image.pixels) rgb.pixels.insert(rgb.pixels.end(), 3, value);
  return rgb;
}

/// (rows, columns) bool
at::Tensor maskOf(const AnnotatedImage& image, int64_t object) {
  at::Tensor mask = at::empty({image.rows, image.columns}, at::kBool);
  bool* const inside = mask.mutable_data_ptr<bool>();
  const auto label = static_cast<uint32_t>(object + 1);
  for (size_t i = 0; i < image.labels.size(); ++i) inside[i] = image.labels[i] == label;
  return mask;
}

/// Logits at the resolution of the image.
at::Tensor toImage(const at::Tensor& logits, const Frame& frame, const AnnotatedImage& image) {
  return at::upsample_bilinear2d(at::upsample_bilinear2d(logits, {frame.pixels.size(2), frame.pixels.size(3)}, false)
                                     .slice(2, 0, frame.inputSize.y)
                                     .slice(3, 0, frame.inputSize.x),
                                 {image.rows, image.columns}, false);
}

/// The image in the frame, encoded, with the prompts of some of its objects.
struct PromptedImage {
  Frame frame;
  PreparedPtr prepared;
  std::vector<int64_t> chosen;
};

PromptedImage encodeForPrompts(PromptableModel& model, const AnnotatedImage& image, int64_t objects,
                               at::ScalarType type) {
  PromptedImage result;
  result.frame = makeFrame(rgbOf(image), model.frameSide());
  result.prepared = model.prepare(model.encode(result.frame.pixels.to(type)));
  result.chosen = chooseObjects(image, objects);
  return result;
}

struct ObjectPrompts {
  PromptTensors click, box;
  at::Tensor truth;  // (B, rows, columns)
};

ObjectPrompts promptsOf(const Frame& frame, const AnnotatedImage& image, const std::vector<int64_t>& objects) {
  const double scaleX = static_cast<double>(frame.inputSize.x) / static_cast<double>(image.columns);
  const double scaleY = static_cast<double>(frame.inputSize.y) / static_cast<double>(image.rows);
  std::vector<at::Tensor> truths;
  std::vector<float> clicks, boxes;
  for (const int64_t object : objects) {
    const at::Tensor mask = maskOf(image, object);
    truths.push_back(mask);
    const auto [x, y] = deepestPoint(image, object);
    clicks.insert(clicks.end(), {static_cast<float>(x * scaleX), static_cast<float>(y * scaleY)});
    const at::Tensor columns = at::nonzero(mask.any(0)), rows = at::nonzero(mask.any(1));
    boxes.insert(boxes.end(), {static_cast<float>(columns.min().item<double>() * scaleX),
                               static_cast<float>(rows.min().item<double>() * scaleY),
                               static_cast<float>((columns.max().item<double>() + 1) * scaleX),
                               static_cast<float>((rows.max().item<double>() + 1) * scaleY)});
  }
  const auto count = static_cast<int64_t>(objects.size());
  ObjectPrompts result;
  result.click.points = at::tensor(clicks).view({count, 1, 2});
  result.click.pointLabels = at::ones({count, 1}, at::kFloat);
  result.box.boxes = at::tensor(boxes).view({count, 4});
  result.truth = at::stack(truths).to(at::kFloat);
  return result;
}

/// Calls `work` for the chosen objects, some at a time.
template <typename Work>
void inGroups(const std::vector<int64_t>& chosen, Work&& work) {
  for (size_t first = 0; first < chosen.size(); first += kDecodedTogether) {
    const size_t last = std::min(chosen.size(), first + kDecodedTogether);
    work(std::vector<int64_t>(chosen.begin() + static_cast<int64_t>(first),
                              chosen.begin() + static_cast<int64_t>(last)));
  }
}

struct Sums {
  double point = 0, box = 0;
  int64_t objects = 0;
};

Sums validateImage(PromptableModel& model, const AnnotatedImage& image, int64_t objectsPerImage, at::ScalarType type) {
  const at::AutoGradMode withoutGradients(false);
  const PromptedImage prompted = encodeForPrompts(model, image, objectsPerImage, type);
  Sums sums;
  inGroups(prompted.chosen, [&](const std::vector<int64_t>& objects) {
    const ObjectPrompts prompts = promptsOf(prompted.frame, image, objects);
    const auto iou = [&](const PromptTensors& given, MaskSelection selection) {
      const at::Tensor logits = model.decodePrepared(*prompted.prepared, given, selection).logits;
      return maskIou(toImage(logits, prompted.frame, image), prompts.truth).sum().item<double>();
    };
    sums.point += iou(prompts.click, MaskSelection::kBestAlternative);
    sums.box += iou(prompts.box, MaskSelection::kSingle);
    sums.objects += static_cast<int64_t>(objects.size());
  });
  return sums;
}

void paint(const at::Tensor& mask, uint32_t id, std::vector<uint32_t>& labels) {
  const at::Tensor inside = mask.contiguous();
  const bool* const values = inside.const_data_ptr<bool>();
  for (size_t i = 0; i < labels.size(); ++i) {
    if (values[i]) labels[i] = id;
  }
}

}  // namespace

std::pair<double, double> deepestPoint(const AnnotatedImage& image, int64_t object) {
  const at::Tensor mask = maskOf(image, object);
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

Result<std::map<std::string, TrainingScore>> validate(const std::vector<PromptableModel*>& models,
                                                      const AnnotatedSamples& samples, int64_t objectsPerImage,
                                                      at::ScalarType type, const CancelToken& cancel) {
  std::vector<Sums> sums(samples.size());
  std::vector<Status> status(models.size());
  runOnReplicas(models.size(), [&](size_t replica) {
    status[replica] = [&]() -> Status {
      for (size_t i = replica; i < samples.size(); i += models.size()) {
        CYTO_TRY(cancel.check());
        CYTO_ASSIGN(const std::shared_ptr<const AnnotatedImage> image, samples.get(i));
        sums[i] = validateImage(*models[replica], *image, objectsPerImage, type);
      }
      return {};
    }();
  });
  for (const Status& one : status) CYTO_TRY(one);
  std::map<std::string, TrainingScore> scores;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (const std::string& kind : {std::string(), samples.sample(i).kind}) {
      TrainingScore& score = scores[kind];
      score.pointIou += sums[i].point;
      score.boxIou += sums[i].box;
      score.objects += sums[i].objects;
    }
  }
  for (auto& [kind, score] : scores) {
    const double count = std::max<double>(1, static_cast<double>(score.objects));
    score.pointIou /= count;
    score.boxIou /= count;
  }
  return scores;
}

TrainingPreview previewOf(PromptableModel& model, const AnnotatedImage& image, int64_t objectsPerImage,
                          at::ScalarType type) {
  const at::AutoGradMode withoutGradients(false);
  const PromptedImage prompted = encodeForPrompts(model, image, objectsPerImage, type);
  TrainingPreview preview;
  preview.image = rgbOf(image);
  preview.truth.assign(image.labels.size(), 0);
  preview.prediction.assign(image.labels.size(), 0);
  inGroups(prompted.chosen, [&](const std::vector<int64_t>& objects) {
    const ObjectPrompts prompts = promptsOf(prompted.frame, image, objects);
    const at::Tensor logits =
        model.decodePrepared(*prompted.prepared, prompts.click, MaskSelection::kBestAlternative).logits;
    const at::Tensor masks = toImage(logits, prompted.frame, image).select(1, 0).gt(0);
    for (size_t i = 0; i < objects.size(); ++i) {
      const auto id = static_cast<uint32_t>(objects[i] + 1);
      paint(prompts.truth[static_cast<int64_t>(i)].gt(0), id, preview.truth);
      paint(masks[static_cast<int64_t>(i)], id, preview.prediction);
    }
  });
  return preview;
}

}  // namespace cyto::nn
