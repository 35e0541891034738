#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/nn/promptable_model.h"
#include "core/nn/sam/mask_decoder_layers.h"
#include "core/nn/sam/streaming_decoder.h"

namespace cyto::nn {

/// SAM's two-way transformer, upscaling and heads (spec/micro-sam.md §1.9). One prompt without gradients goes through
/// the StreamingDecoder where there is one; everything else through operations of LibTorch, which are its oracle.
class MaskDecoder {
 public:
  MaskDecoder(const SamConfiguration& configuration, WeightTable& table);

  /// `embedding` (1, C, g, g) already with the dense prompt added; `positions` (1, C, g, g).
  ImageSide prepare(const at::Tensor& embedding, const at::Tensor& positions) const;

  /// `image` with batch 1 or B; `sparse` (B, N, C).
  DecodedMasks operator()(const ImageSide& image, const at::Tensor& sparse, MaskSelection selection) const;

  /// Whether `image` was prepared for the streaming decoder.
  bool canStream(const ImageSide& image) const { return streaming_ && image.firstKeys.defined(); }
  /// The alternatives of one prompt with a predicted IoU above the least, on the calling thread alone; `canStream`.
  DecodedMasks alternatives(const ImageSide& image, const at::Tensor& sparse, float minPredictedIou) const;

  /// The transformer alone: tokens (B, T, C) to (tokens, keys).
  std::pair<at::Tensor, at::Tensor> transform(const ImageSide& image, const at::Tensor& tokens) const;

  /// Null without kernels.
  const StreamingDecoder* streaming() const { return streaming_.get(); }

 private:
  at::Tensor masksOf(const at::Tensor& keys, const at::Tensor& maskTokens, const std::vector<int64_t>& which) const;

  int64_t grid_;
  DecoderLayers layers_;
  std::unique_ptr<StreamingDecoder> streaming_;
};

}  // namespace cyto::nn
