#include "core/inference/fake_model.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "core/inference/preprocessing.h"

namespace cyto {

namespace {

constexpr int64_t kFrameSide = 1024;
constexpr int64_t kGridSide = 64;
constexpr int64_t kCellSide = kFrameSide / kGridSide;
constexpr int64_t kLogitSide = 256;
constexpr int kTolerance = 24;

/// Nearest pixel of an axis of `from` pixels for pixel `i` of the same axis with `to` pixels.
int64_t nearest(int64_t i, int64_t to, int64_t from) { return std::min(from - 1, (2 * i + 1) * from / (2 * to)); }

size_t featureIndex(int64_t y, int64_t x) {
  const int64_t channel = (y % kCellSide) * kCellSide + x % kCellSide;
  return static_cast<size_t>((channel * kGridSide + y / kCellSide) * kGridSide + x / kCellSide);
}

FeatureMap greyFrame(const RgbImage& image, Extent2 inputSize) {
  FeatureMap map{"features", kCellSide * kCellSide, kGridSide, kGridSide, {}};
  map.values.assign(static_cast<size_t>(kFrameSide * kFrameSide), 0.0f);
  for (int64_t y = 0; y < inputSize.y; ++y) {
    const uint8_t* row = image.pixels.data() + nearest(y, inputSize.y, image.rows) * image.columns * 3;
    for (int64_t x = 0; x < inputSize.x; ++x) {
      const uint8_t* pixel = row + nearest(x, inputSize.x, image.columns) * 3;
      map.values[featureIndex(y, x)] = static_cast<float>((pixel[0] + pixel[1] + pixel[2]) / 3);
    }
  }
  return map;
}

FeatureMap highResolutionMap(const FeatureMap& features) {
  FeatureMap map{"highres", 1, kLogitSide, kLogitSide, {}};
  for (int64_t y = 0; y < kLogitSide; ++y) {
    for (int64_t x = 0; x < kLogitSide; ++x) map.values.push_back(features.values[featureIndex(4 * y, 4 * x)]);
  }
  return map;
}

/// The image again, in its own pixels.
struct GreyImage {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<float> values;
  float at(int64_t y, int64_t x) const { return values[static_cast<size_t>(y * columns + x)]; }
};

GreyImage greyImageOf(const Embedding& embedding) {
  const auto [rows, columns] = embedding.originalSize;
  GreyImage grey{rows, columns, {}};
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      const int64_t frameY = nearest(y, rows, embedding.inputSize.y);
      const int64_t frameX = nearest(x, columns, embedding.inputSize.x);
      grey.values.push_back(embedding.maps[0].values[featureIndex(frameY, frameX)]);
    }
  }
  return grey;
}

bool isOfFakeModel(const Embedding& embedding) {
  return !embedding.maps.empty() && embedding.maps[0].values.size() == static_cast<size_t>(kFrameSide * kFrameSide);
}

Error foreignEmbedding() { return Error(ErrorCode::kModel, "the embedding does not fit the model"); }

struct Prepared : PreparedEmbedding {
  explicit Prepared(EmbeddingPtr source) : held(std::move(source)), grey(greyImageOf(*held)) {}
  const Embedding& embedding() const override { return *held; }
  int64_t size_bytes() const override {
    return held->size_bytes() + static_cast<int64_t>(grey.values.size() * sizeof(float));
  }

  EmbeddingPtr held;
  GreyImage grey;
};

int64_t toPixel(double coordinate, int64_t extent) {
  return static_cast<int64_t>(std::clamp(std::nearbyint(coordinate), 0.0, static_cast<double>(extent - 1)));
}

using Mask = std::vector<uint8_t>;

Mask regionAround(const GreyImage& grey, const PointPrompt& point, int tolerance) {
  Mask region(grey.values.size(), 0);
  const int64_t seed = toPixel(point.y, grey.rows) * grey.columns + toPixel(point.x, grey.columns);
  const float level = grey.values[static_cast<size_t>(seed)];
  std::vector<int64_t> open{seed};
  region[static_cast<size_t>(seed)] = 1;
  const auto visit = [&](int64_t index) {
    if (region[static_cast<size_t>(index)] != 0) return;
    if (std::abs(grey.values[static_cast<size_t>(index)] - level) > static_cast<float>(tolerance)) return;
    region[static_cast<size_t>(index)] = 1;
    open.push_back(index);
  };
  while (!open.empty()) {
    const int64_t index = open.back();
    open.pop_back();
    const int64_t y = index / grey.columns;
    const int64_t x = index % grey.columns;
    if (y > 0) visit(index - grey.columns);
    if (y + 1 < grey.rows) visit(index + grey.columns);
    if (x > 0) visit(index - 1);
    if (x + 1 < grey.columns) visit(index + 1);
  }
  return region;
}

PlaneBox pixelsOf(const BoxPrompt& box, const GreyImage& grey) {
  return {toPixel(box.y0, grey.rows), toPixel(box.x0, grey.columns), toPixel(box.y1, grey.rows) + 1,
          toPixel(box.x1, grey.columns) + 1};
}

void addBrightPixels(const GreyImage& grey, const PlaneBox& box, Mask& mask) {
  float lowest = INFINITY;
  float highest = -INFINITY;
  for (int64_t y = box.y0; y < box.y1; ++y) {
    for (int64_t x = box.x0; x < box.x1; ++x) {
      lowest = std::min(lowest, grey.at(y, x));
      highest = std::max(highest, grey.at(y, x));
    }
  }
  for (int64_t y = box.y0; y < box.y1; ++y) {
    for (int64_t x = box.x0; x < box.x1; ++x) {
      const bool isInside = lowest == highest || grey.at(y, x) > (lowest + highest) / 2;
      if (isInside) mask[static_cast<size_t>(y * grey.columns + x)] = 1;
    }
  }
}

void addMaskPrompt(const Prepared& prepared, const MaskPrompt& prompt, Mask& mask) {
  const GreyImage& grey = prepared.grey;
  const Extent2 input = prepared.held->inputSize;
  constexpr int64_t kScale = kFrameSide / kLogitSide;
  for (int64_t y = 0; y < grey.rows; ++y) {
    const int64_t row = nearest(y, grey.rows, input.y) / kScale * kLogitSide;
    for (int64_t x = 0; x < grey.columns; ++x) {
      const int64_t column = nearest(x, grey.columns, input.x) / kScale;
      if (prompt.logits[static_cast<size_t>(row + column)] > 0) mask[static_cast<size_t>(y * grey.columns + x)] = 1;
    }
  }
}

Mask maskFor(const Prepared& prepared, const Prompts& prompts, int tolerance) {
  const GreyImage& grey = prepared.grey;
  Mask mask(grey.values.size(), 0);
  bool isAnySaid = prompts.mask.has_value();
  for (const PointPrompt& point : prompts.points) {
    if (!point.positive) continue;
    isAnySaid = true;
    const Mask region = regionAround(grey, point, tolerance);
    for (size_t i = 0; i < mask.size(); ++i) mask[i] |= region[i];
  }
  if (prompts.mask) addMaskPrompt(prepared, *prompts.mask, mask);
  if (prompts.box) {
    const PlaneBox box = pixelsOf(*prompts.box, grey);
    if (!isAnySaid) addBrightPixels(grey, box, mask);
    for (int64_t y = 0; y < grey.rows; ++y) {
      for (int64_t x = 0; x < grey.columns; ++x) {
        if (!box.contains(y, x)) mask[static_cast<size_t>(y * grey.columns + x)] = 0;
      }
    }
  }
  for (const PointPrompt& point : prompts.points) {
    if (point.positive) continue;
    const Mask region = regionAround(grey, point, tolerance);
    for (size_t i = 0; i < mask.size(); ++i) mask[i] = static_cast<uint8_t>(mask[i] & (1 - region[i]));
  }
  return mask;
}

PlaneBox boundsOf(const Mask& mask, const GreyImage& grey) {
  PlaneBox box{grey.rows, grey.columns, 0, 0};
  for (int64_t y = 0; y < grey.rows; ++y) {
    for (int64_t x = 0; x < grey.columns; ++x) {
      if (mask[static_cast<size_t>(y * grey.columns + x)] == 0) continue;
      box = {std::min(box.y0, y), std::min(box.x0, x), std::max(box.y1, y + 1), std::max(box.x1, x + 1)};
    }
  }
  return box.isEmpty() ? PlaneBox{} : box;
}

MaskPrompt logitsOf(const Mask& mask, const Prepared& prepared) {
  const GreyImage& grey = prepared.grey;
  const Extent2 input = prepared.held->inputSize;
  MaskPrompt prompt{kLogitSide, std::vector<float>(static_cast<size_t>(kLogitSide * kLogitSide), -10.0f)};
  constexpr int64_t kScale = kFrameSide / kLogitSide;
  for (int64_t y = 0; y * kScale < input.y; ++y) {
    for (int64_t x = 0; x * kScale < input.x; ++x) {
      const int64_t row = nearest(std::min(y * kScale + kScale / 2, input.y - 1), input.y, grey.rows);
      const int64_t column = nearest(std::min(x * kScale + kScale / 2, input.x - 1), input.x, grey.columns);
      if (mask[static_cast<size_t>(row * grey.columns + column)] != 0) {
        prompt.logits[static_cast<size_t>(y * kLogitSide + x)] = 10.0f;
      }
    }
  }
  return prompt;
}

MaskCandidate candidateFor(const Prepared& prepared, const Prompts& prompts, int tolerance, float predictedIou) {
  const Mask mask = maskFor(prepared, prompts, tolerance);
  MaskCandidate candidate;
  candidate.box = boundsOf(mask, prepared.grey);
  candidate.predictedIou = predictedIou;
  for (int64_t y = candidate.box.y0; y < candidate.box.y1; ++y) {
    const uint8_t* row = mask.data() + y * prepared.grey.columns;
    candidate.mask.insert(candidate.mask.end(), row + candidate.box.x0, row + candidate.box.x1);
  }
  candidate.lowResolution = logitsOf(mask, prepared);
  return candidate;
}

Status checkPrompts(const Prompts& prompts) {
  if (prompts.isEmpty()) {
    return Error(ErrorCode::kInvalidArgument, "the object has no prompt; give it a point, a box or a mask");
  }
  bool isFinite = true;
  for (const PointPrompt& point : prompts.points) isFinite &= std::isfinite(point.y) && std::isfinite(point.x);
  if (const auto& box = prompts.box) isFinite &= std::isfinite(box->y0 + box->x0 + box->y1 + box->x1);
  if (!isFinite) return Error(ErrorCode::kInvalidArgument, "a prompt has a coordinate that is not a number");
  if (prompts.mask && (prompts.mask->side != kLogitSide ||
                       prompts.mask->logits.size() != static_cast<size_t>(kLogitSide * kLogitSide))) {
    return Error(ErrorCode::kInvalidArgument, "the mask prompt must be 256 x 256");
  }
  return {};
}

Status pretendToWork(std::chrono::milliseconds time, const JobContext& job, const std::function<void()>& betweenSteps) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    CYTO_TRY(job.cancel.check());
    if (betweenSteps) betweenSteps();
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(time, std::chrono::milliseconds(5)));
  }
  return job.cancel.check();
}

}  // namespace

class FakeModel::Encoder : public ImageEncoder {
 public:
  explicit Encoder(FakeModel& model) : model_(model) {}

  int64_t imagesAtOnce() const override { return model_.options_.imagesAtOnce; }

  Result<Embedding> encode(const RgbImage& image, const JobContext& job,
                           const std::function<void()>& betweenSteps) override {
    const FakeModelOptions& options = model_.options_;
    if (++model_.encodeCount_ == options.failOnEncode) {
      return Error(ErrorCode::kModel, "the image cannot be encoded because this model was told to fail");
    }
    if (image.rows < 1 || image.columns < 1) return Error(ErrorCode::kInvalidArgument, "the image has no pixels");
    CYTO_TRY(pretendToWork(options.encodeTime, job, betweenSteps));
    Embedding embedding;
    embedding.originalSize = {image.rows, image.columns};
    embedding.inputSize = resizedExtent(embedding.originalSize, kFrameSide);
    embedding.maps.push_back(greyFrame(image, embedding.inputSize));
    if (options.hasExtraMap) embedding.maps.push_back(highResolutionMap(embedding.maps[0]));
    return embedding;
  }

 private:
  FakeModel& model_;
};

class FakeModel::Decoder : public PromptDecoder {
 public:
  Result<std::unique_ptr<PreparedEmbedding>> prepare(EmbeddingPtr embedding) override {
    if (!embedding || !isOfFakeModel(*embedding)) return foreignEmbedding();
    return std::unique_ptr<PreparedEmbedding>(std::make_unique<Prepared>(std::move(embedding)));
  }

  Result<MaskPrediction> decode(const PreparedEmbedding& embedding, const Prompts& prompts,
                                const DecodeOptions& options) override {
    CYTO_TRY(checkPrompts(prompts));
    const auto& prepared = static_cast<const Prepared&>(embedding);
    MaskPrediction prediction;
    prediction.candidates.push_back(candidateFor(prepared, prompts, kTolerance, 0.9f));
    if (options.allAlternatives) {
      prediction.candidates.push_back(candidateFor(prepared, prompts, kTolerance / 3, 0.8f));
      prediction.candidates.push_back(candidateFor(prepared, prompts, kTolerance * 3, 0.7f));
    }
    return prediction;
  }
};

class FakeModel::AllObjectsDecoder : public InstanceDecoder {
 public:
  Result<InstanceMaps> decode(const Embedding& embedding, const JobContext& job) override {
    CYTO_TRY(job.cancel.check());
    if (!isOfFakeModel(embedding)) return foreignEmbedding();
    constexpr float kDarkest = 128, kBrightest = 255;
    DistanceMaps maps{embedding.originalSize, {}, {}, {}};
    for (const float grey : greyImageOf(embedding).values) {
      maps.foreground.push_back(grey >= kDarkest ? 1.0f : 0.0f);
      maps.centreDistance.push_back(grey >= kDarkest ? (kBrightest - grey) / (kBrightest - kDarkest) : 1.0f);
    }
    maps.boundaryDistance = maps.centreDistance;
    return InstanceMaps(std::move(maps));
  }
};

FakeModel::FakeModel(FakeModelOptions options)
    : options_(std::move(options)),
      identity_{options_.name,
                options_.architecture,
                options_.weightsHash,
                std::string(kPreprocessingVersion),
                Precision::kFp32,
                "cpu",
                1},
      encoder_(std::make_unique<Encoder>(*this)),
      decoder_(std::make_unique<Decoder>()),
      instanceDecoder_(options_.hasInstanceDecoder ? std::make_unique<AllObjectsDecoder>() : nullptr) {}

FakeModel::~FakeModel() = default;

}  // namespace cyto
