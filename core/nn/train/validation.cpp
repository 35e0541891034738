#include "core/nn/train/validation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "core/nn/failures.h"
#include "core/nn/frame.h"
#include "core/nn/train/distance_transform.h"
#include "core/nn/train/losses.h"
#include "core/nn/train/parallel_replicas.h"

namespace cyto::nn {

namespace {

constexpr int64_t kDecodedTogether = 8;
constexpr int64_t kConvolutionalCrop = 512;

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
  result.prepared = model.prepare(model.encode(result.frame.pixels.to(model.device(), type)));
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

/// Sums over the objects and crops of an image; means are made of them in the end.
void addPrompts(PromptableModel& model, const AnnotatedImage& image, const ValidationOptions& options,
                TrainingScore& sums) {
  const PromptedImage prompted = encodeForPrompts(model, image, options.objectsPerImage, options.type);
  inGroups(prompted.chosen, [&](const std::vector<int64_t>& objects) {
    const ObjectPrompts prompts = promptsOf(prompted.frame, image, objects);
    const auto iou = [&](const PromptTensors& given, MaskSelection selection) {
      const at::Tensor logits = model.decodePrepared(*prompted.prepared, given.on(model.device()), selection).logits;
      return maskIou(toImage(logits, prompted.frame, image), prompts.truth.to(logits.device())).sum().item<double>();
    };
    sums.pointIou += iou(prompts.click, MaskSelection::kBestAlternative);
    sums.boxIou += iou(prompts.box, MaskSelection::kSingle);
    sums.objects += static_cast<int64_t>(objects.size());
  });
}

/// A variation that changes nothing.
TrainingVariation noVariation() {
  TrainingVariation none;
  none.mirror = none.turn = none.scale = none.elastic = none.inversion = none.gamma = none.contrast = 0;
  none.stain = none.colour = none.illumination = none.blur = none.defocus = none.noise = 0;
  return none;
}

void addInstances(const TrainedNetwork& network, const AnnotatedImage& image, uint64_t seed,
                  const ValidationOptions& options, TrainingScore& sums) {
  Random random(seed);
  const int64_t frameSide = network.prompted->frameSide();
  const int64_t side = network.takesAnySide ? std::min(kConvolutionalCrop, frameSide) : frameSide;
  const TrainingCrop crop = drawCrop(image, side, frameSide, noVariation(), random);
  const Features features = network.prompted->encodeInSteps(
      crop.frame.unsqueeze(0).to(network.prompted->device(), options.type), stoppedBy(options.cancel));
  sums.instanceLoss += network.instances->loss(features, {crop}, options.cancel).item<double>();
  ++sums.crops;
}

TrainingScore sumsOf(const TrainedNetwork& network, const AnnotatedImage& image, uint64_t seed,
                     const ValidationOptions& options) {
  const at::AutoGradMode withoutGradients(false);
  TrainingScore sums;
  if (options.judgesPrompts) addPrompts(*network.prompted, image, options, sums);
  if (options.judgesInstances) addInstances(network, image, seed, options, sums);
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
  const int64_t bottom = rows.max().item<int64_t>() + 1, right = columns.max().item<int64_t>() + 1;
  // Outside the bounds is background.
  const at::Tensor outside =
      at::constant_pad_nd(mask.slice(0, top, bottom).slice(1, left, right), {1, 1, 1, 1}, 0).logical_not().contiguous();
  const bool* const first = outside.const_data_ptr<bool>();
  const int64_t width = outside.size(1);
  const std::vector<int64_t> squares =
      squaredDistances(std::vector<char>(first, first + outside.numel()), outside.size(0), width);
  const int64_t deepest = std::max_element(squares.begin(), squares.end()) - squares.begin();
  return {static_cast<double>(left + deepest % width - 1) + 0.5, static_cast<double>(top + deepest / width - 1) + 0.5};
}

Result<std::map<std::string, TrainingScore>> validate(const std::vector<const TrainedNetwork*>& networks,
                                                      const AnnotatedSamples& samples,
                                                      const ValidationOptions& options) {
  std::vector<TrainingScore> sums(samples.size());
  std::vector<Status> status(networks.size());
  runOnReplicas(networks.size(), [&](size_t replica) {
    status[replica] = [&]() -> Status {
      for (size_t i = replica; i < samples.size(); i += networks.size()) {
        CYTO_TRY(options.cancel.check());
        CYTO_ASSIGN(const std::shared_ptr<const AnnotatedImage> image, samples.get(i));
        try {
          sums[i] = sumsOf(*networks[replica], *image, i, options);
        } catch (const Cancelled&) {
          return cancelled();
        }
      }
      return {};
    }();
  });
  for (const Status& one : status) CYTO_TRY(one);
  std::map<std::string, TrainingScore> scores;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (const std::string& kind : {std::string(), samples.sample(i).kind}) {
      TrainingScore& score = scores[kind];
      score.pointIou += sums[i].pointIou;
      score.boxIou += sums[i].boxIou;
      score.objects += sums[i].objects;
      score.instanceLoss += sums[i].instanceLoss;
      score.crops += sums[i].crops;
    }
  }
  for (auto& [kind, score] : scores) {
    const double objects = std::max<double>(1, static_cast<double>(score.objects));
    score.pointIou /= objects;
    score.boxIou /= objects;
    score.instanceLoss /= std::max<double>(1, static_cast<double>(score.crops));
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
        model.decodePrepared(*prompted.prepared, prompts.click.on(model.device()), MaskSelection::kBestAlternative)
            .logits;
    const at::Tensor masks = toImage(logits, prompted.frame, image).select(1, 0).gt(0).to(at::kCPU);
    for (size_t i = 0; i < objects.size(); ++i) {
      const auto id = static_cast<uint32_t>(objects[i] + 1);
      paint(prompts.truth[static_cast<int64_t>(i)].gt(0), id, preview.truth);
      paint(masks[static_cast<int64_t>(i)], id, preview.prediction);
    }
  });
  return preview;
}

}  // namespace cyto::nn
