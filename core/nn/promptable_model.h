#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cyto::nn {

/// Prompts of B objects in one image, in pixels of the square network frame, (x, y) order as SAM has it.
struct PromptTensors {
  at::Tensor points;                ///< (B, N, 2) float, or undefined
  at::Tensor pointLabels;           ///< (B, N) float: 1 positive, 0 negative, -1 padding
  std::optional<at::Tensor> boxes;  ///< (B, 4) float: x0, y0, x1, y1
  std::optional<at::Tensor> masks;  ///< (B, 1, S/4, S/4) float logits

  int64_t count() const;                           ///< B
  PromptTensors only(int64_t index) const;         ///< those of one object, as a batch of one
  bool canJoin(const PromptTensors& other) const;  ///< whether both are of the same kinds and number of prompts
  c10::Device device() const;
  PromptTensors on(c10::Device device) const;
};

/// The objects of all parts, which can join, in one batch.
PromptTensors together(std::span<const PromptTensors> parts);

/// What a decoder makes of them.
struct DecodedMasks {
  at::Tensor logits;        ///< (B, M, h, h), h = S/4 for SAM, S/2 for cyto-small
  at::Tensor predictedIou;  ///< (B, M)
};

/// Logits of masks as they are fed back as mask prompts: (B, M, S/4, S/4), averaged where they are finer.
at::Tensor asMaskPrompt(const at::Tensor& logits, int64_t frameSide);

/// Called between two steps of a network of a few dozen milliseconds each; may be empty. It may decode with the same
/// network, and what it throws ends the forward pass (Cancelled in core/nn/failures.h).
using BetweenSteps = std::function<void()>;
inline void pause(const BetweenSteps& betweenSteps) {
  if (betweenSteps) betweenSteps();
}

/// Feature maps of a batch: [0] is the embedding (N, C, S/16, S/16); high-resolution maps may follow.
using Features = std::vector<at::Tensor>;

/// Memory of these maps; undefined ones have none.
int64_t bytesOf(const Features& maps);

/// Which of a decoder's masks are wanted.
enum class MaskSelection {
  kSingle,           ///< the single-mask output: M = 1
  kBestAlternative,  ///< of the three alternatives the one with the highest predicted IoU: M = 1
  kAllAlternatives,  ///< M = 3
};

/// Feature maps of one image with everything a network computes from them once, before any prompt.
struct PreparedFeatures {
  virtual ~PreparedFeatures() = default;
  /// What was made of the maps, the maps themselves not counted: on a processor they are those of the embedding.
  virtual int64_t size_bytes() const { return 0; }
  Features features;  ///< empty where a network keeps only what it made of them
};
using PreparedPtr = std::unique_ptr<PreparedFeatures>;

/// A promptable segmentation network: the form in which inference and training see SAM, MobileSAM and
/// cyto-small. Weights are plain tensors under their state-dict keys; autograd flows when they require
/// gradients. Errors are thrown as c10::Error or std::exception and turned into Result in
/// core/nn/engine.cpp.
class PromptableModel {
 public:
  virtual ~PromptableModel() = default;

  /// Side of the square frame, 1024 for all published models.
  virtual int64_t frameSide() const = 0;

  /// Names of the feature maps after "features", as the embedding store calls them.
  virtual std::vector<std::string> extraFeatureNames() const { return {}; }

  /// Frames are normalised and padded: (N, 3, S, S) in the model's precision.
  virtual Features encode(const at::Tensor& frames) = 0;

  /// `ofOneImage`: feature maps with N = 1. With `multimask` M = 3, else M = 1.
  virtual DecodedMasks decode(const Features& ofOneImage, const PromptTensors& prompts, bool multimask) = 0;

  /// The fast paths of inference. What they give equals `encode` and `decode`; networks override them to pause between
  /// steps, to keep image-side projections, and to choose the mask before it is upscaled.
  virtual Features encodeInSteps(const at::Tensor& frames, const BetweenSteps& betweenSteps);
  virtual PreparedPtr prepare(Features ofOneImage);
  virtual DecodedMasks decodePrepared(const PreparedFeatures& prepared, const PromptTensors& prompts,
                                      MaskSelection selection);

  /// All alternatives of `count` prompts without those whose predicted IoU is not above `minPredictedIou` (0: all), on
  /// the processor. A GPU answers several at once, as its memory allows. Several threads may ask for prompts and
  /// deliver answers at the same time, each index once; M may be 0.
  virtual void decodeEach(const PreparedFeatures& prepared, int64_t count, float minPredictedIou,
                          const std::function<PromptTensors(int64_t)>& prompts,
                          const std::function<void(int64_t, const DecodedMasks&)>& deliver);

  /// Operations of encoding one frame, a multiply-add being two; 0 where nobody counted.
  virtual double encodeOperations() const { return 0; }

  /// Every weight and buffer under its state-dict key; the tensors are shared with the model.
  virtual std::vector<std::pair<std::string, at::Tensor>> namedTensors() const = 0;

  /// Where its weights are.
  c10::Device device() const { return namedTensors().front().second.device(); }
};

}  // namespace cyto::nn
