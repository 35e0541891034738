#include "core/nn/loaded_model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "core/nn/device_batches.h"
#include "core/nn/failures.h"
#include "core/nn/frame.h"
#include "core/nn/mask_upscaling.h"
#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

namespace {

c10::Device deviceOf(const ModelIdentity& identity) { return c10::Device(identity.device); }

/// `values` (C, H, W), contiguous, fp32, on the processor.
FeatureMap toFeatureMap(const std::string& name, const at::Tensor& values) {
  const float* const data = values.const_data_ptr<float>();
  return {name, values.size(0), values.size(1), values.size(2), std::vector<float>(data, data + values.numel())};
}

/// Through memory that the GPU reads by itself, which is several times as fast.
at::Tensor toDevice(const at::Tensor& values, c10::Device device) {
  return device.is_cuda() ? values.pin_memory().to(device, values.scalar_type(), /*non_blocking=*/true)
                          : values.to(device);
}

// More frames than these at once do not make a GPU faster. A frame of ViT-H takes about so much while it is encoded.
constexpr int64_t kFramesAtOnce = 16;
constexpr int64_t kFrame_bytes = int64_t{600} << 20;

class NetworkEncoder : public ImageEncoder {
 public:
  NetworkEncoder(PromptableModel& network, const ModelIdentity& identity)
      : network_(network),
        identity_(identity),
        batch_(deviceOf(identity), kFramesAtOnce,
               identity.precision == Precision::kFp32 ? kFrame_bytes : kFrame_bytes / 2) {}

  int64_t imagesAtOnce() const override { return batch_.now(); }

  Result<Embedding> encode(const RgbImage& image, const JobContext& job,
                           const std::function<void()>& betweenSteps) override {
    CYTO_ASSIGN(std::vector<Embedding> embeddings, encodeAll({&image, 1}, job, betweenSteps));
    return std::move(embeddings[0]);
  }

  Result<std::vector<Embedding>> encodeMany(std::span<const RgbImage> images, const JobContext& job) override {
    return encodeAll(images, job, {});
  }

 private:
  using Embeddings = std::vector<Embedding>;

  Result<Embeddings> encodeAll(std::span<const RgbImage> images, const JobContext& job,
                               const std::function<void()>& betweenSteps) {
    for (const RgbImage& image : images) {
      if (image.rows >= 1 && image.columns >= 1) continue;
      return Error(ErrorCode::kInvalidArgument, "the image has no pixels; there is nothing to segment in it");
    }
    CYTO_TRY(job.cancel.check());
    return catchFailures("encoding the image", [&]() -> Result<Embeddings> {
      const c10::InferenceMode inference;
      const auto stopOrPause = [&] {
        if (job.cancel.isCancelled()) throw Cancelled();
        pause(betweenSteps);
      };
      Embeddings embeddings(images.size());
      Status finite;
      batch_.run(static_cast<int64_t>(images.size()), [&](int64_t first, int64_t count) {
        const auto begin = static_cast<size_t>(first), size = static_cast<size_t>(count);
        if (finite) finite = encodeTogether(images.subspan(begin, size), stopOrPause, &embeddings[begin]);
      });
      CYTO_TRY(finite);
      return embeddings;
    });
  }

  /// In one pass of the network.
  Status encodeTogether(std::span<const RgbImage> images, const BetweenSteps& betweenSteps, Embedding* embeddings) {
    std::vector<at::Tensor> frames(images.size());
    runTasks(static_cast<int64_t>(images.size()), [&](int64_t task, int64_t) {
      const auto i = static_cast<size_t>(task);
      Frame frame = makeFrame(images[i], network_.frameSide());
      frames[i] = std::move(frame.pixels);
      embeddings[i].originalSize = {images[i].rows, images[i].columns};
      embeddings[i].inputSize = frame.inputSize;
    });
    const at::Tensor pixels = frames.size() == 1 ? frames[0] : at::cat(frames);
    const Features features = network_.encodeInSteps(
        toDevice(pixels, deviceOf(identity_)).to(scalarTypeOf(identity_.precision)), betweenSteps);
    const std::vector<std::string> extraNames = network_.extraFeatureNames();
    for (size_t map = 0; map < features.size(); ++map) {
      // Weights or pixels that are not numbers would give empty masks without a word.
      if (!features[map].isfinite().all().item<bool>()) {
        return Error(ErrorCode::kModel, "the model '" + identity_.name +
                                            "' gives values that are not numbers; its weights are damaged, fetch "
                                            "them again");
      }
      const at::Tensor values = features[map].to(at::kCPU, at::kFloat).contiguous();
      for (size_t i = 0; i < images.size(); ++i) {
        // Written anew when a batch is repeated in halves.
        embeddings[i].maps.resize(features.size());
        embeddings[i].maps[map] =
            toFeatureMap(map == 0 ? "features" : extraNames.at(map - 1), values[static_cast<int64_t>(i)]);
      }
    }
    return {};
  }

  PromptableModel& network_;
  const ModelIdentity& identity_;
  BatchSize batch_;
};

class NetworkEmbedding : public PreparedEmbedding {
 public:
  NetworkEmbedding(EmbeddingPtr embedding, PreparedPtr prepared)
      : embedding_(std::move(embedding)), prepared_(std::move(prepared)) {}
  const Embedding& embedding() const override { return *embedding_; }
  int64_t size_bytes() const override { return embedding_->size_bytes() + prepared_->size_bytes(); }
  const PreparedPtr& prepared() const { return prepared_; }

 private:
  EmbeddingPtr embedding_;
  PreparedPtr prepared_;
};

bool isFinite(const Prompts& prompts) {
  const auto finite = [](double a, double b) { return std::isfinite(a) && std::isfinite(b); };
  for (const PointPrompt& point : prompts.points) {
    if (!finite(point.y, point.x)) return false;
  }
  return !prompts.box || (finite(prompts.box->y0, prompts.box->x0) && finite(prompts.box->y1, prompts.box->x1));
}

class NetworkDecoder : public PromptDecoder {
 public:
  NetworkDecoder(PromptableModel& network, const ModelIdentity& identity) : network_(network), identity_(identity) {}

  Result<std::unique_ptr<PreparedEmbedding>> prepare(EmbeddingPtr embedding) override {
    using Prepared = std::unique_ptr<PreparedEmbedding>;
    const std::vector<std::string> extraNames = network_.extraFeatureNames();
    if (embedding->maps.size() != extraNames.size() + 1) {
      return Error(ErrorCode::kModel, "the embedding was not made by " + identity_.name + "; compute it again");
    }
    return catchFailures("preparing the embedding", [&]() -> Result<Prepared> {
      const c10::InferenceMode inference;
      Features features;
      for (const FeatureMap& map : embedding->maps) {
        // The tensor shares the map's values; NetworkEmbedding keeps them alive.
        const at::Tensor values =
            at::from_blob(const_cast<float*>(map.values.data()), {1, map.channels, map.rows, map.columns});
        features.push_back(values.to(deviceOf(identity_)));
      }
      PreparedPtr prepared = network_.prepare(std::move(features));
      return Prepared(std::make_unique<NetworkEmbedding>(std::move(embedding), std::move(prepared)));
    });
  }

  Result<MaskPrediction> decode(const PreparedEmbedding& embedding, const Prompts& prompts,
                                const DecodeOptions& options) override {
    CYTO_TRY(check(prompts));
    return catchFailures("decoding the prompt", [&]() -> Result<MaskPrediction> {
      const c10::InferenceMode inference;
      const auto& features = static_cast<const NetworkEmbedding&>(embedding);
      const bool isSinglePositivePoint =
          prompts.points.size() == 1 && prompts.points[0].positive && !prompts.box && !prompts.mask;
      const MaskSelection selection = options.allAlternatives ? MaskSelection::kAllAlternatives
                                      : isSinglePositivePoint ? MaskSelection::kBestAlternative
                                                              : MaskSelection::kSingle;
      const DecodedMasks decoded =
          network_.decodePrepared(*features.prepared(), toTensors(prompts, embedding.embedding()), selection);
      return toPrediction(decoded, embedding.embedding());
    });
  }

  Result<std::vector<std::vector<MaskCandidate>>> decodeMany(const PreparedEmbedding& embedding,
                                                             const std::vector<Prompts>& prompts,
                                                             const MaskFilter& filter, const JobContext& job) override {
    for (const Prompts& prompt : prompts) CYTO_TRY(check(prompt));
    using Answers = std::vector<std::vector<MaskCandidate>>;
    return catchFailures("decoding the prompts", [&]() -> Result<Answers> {
      const c10::InferenceMode inference;
      const auto& features = static_cast<const NetworkEmbedding&>(embedding);
      Answers answers(prompts.size());
      network_.decodeEach(
          *features.prepared(), static_cast<int64_t>(prompts.size()), filter.minPredictedIou,
          [&](int64_t i) {
            if (job.cancel.isCancelled()) throw Cancelled();
            return toTensors(prompts[static_cast<size_t>(i)], embedding.embedding());
          },
          [&](int64_t i, const DecodedMasks& decoded) {
            answers[static_cast<size_t>(i)] = toStableCandidates(decoded, embedding.embedding(), filter.minStability);
          });
      return answers;
    });
  }

 private:
  int64_t lowSide() const { return network_.frameSide() / 4; }

  Status check(const Prompts& prompts) const {
    if (prompts.isEmpty()) {
      return Error(ErrorCode::kInvalidArgument, "there is no prompt; give at least a point, a box or a mask");
    }
    if (!isFinite(prompts)) {
      return Error(ErrorCode::kInvalidArgument, "a prompt has a coordinate that is not a number; correct the prompts");
    }
    if (prompts.mask && (prompts.mask->side != lowSide() ||
                         prompts.mask->logits.size() != static_cast<size_t>(lowSide() * lowSide()))) {
      return Error(ErrorCode::kInvalidArgument,
                   "a mask prompt must have " + std::to_string(lowSide()) + " rows and columns of logits");
    }
    return {};
  }

  /// Pixels of the image to pixels of the frame, (y, x) to (x, y) (spec/micro-sam.md §1.6).
  PromptTensors toTensors(const Prompts& prompts, const Embedding& embedding) const {
    const double scaleY = static_cast<double>(embedding.inputSize.y) / static_cast<double>(embedding.originalSize.y);
    const double scaleX = static_cast<double>(embedding.inputSize.x) / static_cast<double>(embedding.originalSize.x);
    PromptTensors tensors;
    if (!prompts.points.empty()) {
      const auto count = static_cast<int64_t>(prompts.points.size());
      tensors.points = at::empty({1, count, 2});
      tensors.pointLabels = at::empty({1, count});
      float* point = tensors.points.mutable_data_ptr<float>();
      float* label = tensors.pointLabels.mutable_data_ptr<float>();
      for (const PointPrompt& prompt : prompts.points) {
        *point++ = static_cast<float>(prompt.x * scaleX);
        *point++ = static_cast<float>(prompt.y * scaleY);
        *label++ = prompt.positive ? 1.0f : 0.0f;
      }
      tensors.points = tensors.points.to(deviceOf(identity_));
      tensors.pointLabels = tensors.pointLabels.to(deviceOf(identity_));
    }
    if (prompts.box) {
      const auto [y0, y1] = std::minmax(prompts.box->y0, prompts.box->y1);
      const auto [x0, x1] = std::minmax(prompts.box->x0, prompts.box->x1);
      tensors.boxes = at::tensor({static_cast<float>(x0 * scaleX), static_cast<float>(y0 * scaleY),
                                  static_cast<float>(x1 * scaleX), static_cast<float>(y1 * scaleY)})
                          .view({1, 4})
                          .to(deviceOf(identity_));
    }
    if (prompts.mask) {
      tensors.masks = at::from_blob(const_cast<float*>(prompts.mask->logits.data()), {1, 1, lowSide(), lowSide()})
                          .clone()
                          .to(deviceOf(identity_));
    }
    return tensors;
  }

  MaskGeometry geometryOf(const at::Tensor& logits, const Embedding& embedding) const {
    return {logits.size(2), network_.frameSide(), embedding.inputSize, embedding.originalSize};
  }

  static std::span<const float> planeOf(const at::Tensor& masks, int64_t index) {
    const auto size = static_cast<size_t>(masks.size(2) * masks.size(3));
    return {masks.const_data_ptr<float>() + static_cast<size_t>(index) * size, size};
  }

  static void sortBestFirst(std::vector<MaskCandidate>& candidates) {
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const MaskCandidate& a, const MaskCandidate& b) { return a.predictedIou > b.predictedIou; });
  }

  MaskPrediction toPrediction(const DecodedMasks& decoded, const Embedding& embedding) const {
    const at::Tensor logits = decoded.logits.to(at::kCPU, at::kFloat).contiguous();
    const at::Tensor ious = decoded.predictedIou.to(at::kCPU, at::kFloat).contiguous();
    const at::Tensor fedBack = asMaskPrompt(logits, network_.frameSide()).contiguous();
    MaskPrediction prediction;
    for (int64_t i = 0; i < logits.size(1); ++i) {
      UpscaledMask upscaled = upscaleMask(planeOf(logits, i), geometryOf(logits, embedding));
      const std::span<const float> low = planeOf(fedBack, i);
      prediction.candidates.push_back({upscaled.box, std::move(upscaled.mask), ious.const_data_ptr<float>()[i],
                                       MaskPrompt{lowSide(), {low.begin(), low.end()}}});
    }
    sortBestFirst(prediction.candidates);
    return prediction;
  }

  std::vector<MaskCandidate> toStableCandidates(const DecodedMasks& decoded, const Embedding& embedding,
                                                float minStability) const {
    constexpr float kMargin = 1;
    const at::Tensor logits = decoded.logits.to(at::kCPU, at::kFloat).contiguous();
    const at::Tensor ious = decoded.predictedIou.to(at::kCPU, at::kFloat).contiguous();
    std::vector<MaskCandidate> candidates;
    for (int64_t i = 0; i < logits.size(1); ++i) {
      UpscaledMask upscaled = upscaleMask(planeOf(logits, i), geometryOf(logits, embedding), kMargin);
      const float stability =
          upscaled.possible == 0 ? 0 : static_cast<float>(upscaled.sure) / static_cast<float>(upscaled.possible);
      if (stability < minStability) continue;
      candidates.push_back(
          {upscaled.box, std::move(upscaled.mask), ious.const_data_ptr<float>()[i], MaskPrompt{}, stability});
    }
    sortBestFirst(candidates);
    return candidates;
  }

  PromptableModel& network_;
  const ModelIdentity& identity_;
};

class LoadedModel : public Model {
 public:
  LoadedModel(std::unique_ptr<PromptableModel> network, ModelIdentity identity,
              std::unique_ptr<InstanceDecoder> instanceDecoder)
      : network_(std::move(network)),
        identity_(std::move(identity)),
        encoder_(*network_, identity_),
        decoder_(*network_, identity_),
        instanceDecoder_(std::move(instanceDecoder)) {}

  const ModelIdentity& identity() const override { return identity_; }
  ImageEncoder& encoder() override { return encoder_; }
  PromptDecoder& decoder() override { return decoder_; }
  InstanceDecoder* instanceDecoder() override { return instanceDecoder_.get(); }
  double encode_gflop() const override { return network_->encodeOperations() * 1e-9; }

 private:
  std::unique_ptr<PromptableModel> network_;
  ModelIdentity identity_;
  NetworkEncoder encoder_;
  NetworkDecoder decoder_;
  std::unique_ptr<InstanceDecoder> instanceDecoder_;
};

}  // namespace

at::ScalarType scalarTypeOf(Precision precision) {
  switch (precision) {
    case Precision::kBf16: return at::kBFloat16;
    case Precision::kFp16: return at::kHalf;
    default: return at::kFloat;
  }
}

std::unique_ptr<Model> wrapModel(std::unique_ptr<PromptableModel> network, ModelIdentity identity,
                                 std::unique_ptr<InstanceDecoder> instanceDecoder) {
  return std::make_unique<LoadedModel>(std::move(network), std::move(identity), std::move(instanceDecoder));
}

}  // namespace cyto::nn
