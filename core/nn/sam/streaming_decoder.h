#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/promptable_model.h"
#include "core/nn/sam/mask_decoder_layers.h"

namespace cyto::nn {

/// SAM's mask decoder for one prompt at a time with the kernels of this processor (spec/performance.md §3): projections
/// of the image are folded into the few tokens or kept per image, each layer reads the image once, and the mask is
/// chosen before it is upscaled. Equal to MaskDecoder in real arithmetic.
class StreamingDecoder {
 public:
  /// Null when the processor has no kernels, gradients are wanted, or the network has a shape they do not know.
  static std::unique_ptr<StreamingDecoder> create(const DecoderLayers& layers, int64_t grid);
  ~StreamingDecoder();

  /// Fills what is computed once per image.
  void prepare(ImageSide& image) const;

  struct Wanted {
    MaskSelection selection = MaskSelection::kSingle;
    float minPredictedIou = 0;  ///< masks that do not exceed it are not made; 0: all
  };

  /// tokens (T, C), output tokens first. `withThreads`: on all threads of the engine, else on the calling one; calls
  /// from several threads are fine then.
  DecodedMasks operator()(const ImageSide& image, const at::Tensor& tokens, const Wanted& wanted,
                          bool withThreads) const;

  /// The transformer alone: (tokens (T, C), cells (g * g, C)).
  std::pair<at::Tensor, at::Tensor> transform(const ImageSide& image, const at::Tensor& tokens) const;

 private:
  class Run;
  struct Packed;
  explicit StreamingDecoder(std::unique_ptr<Packed> packed);
  std::unique_ptr<Packed> packed_;
};

}  // namespace cyto::nn
