#pragma once

#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// The square part of a frame in which a prompt is decoded. An object rarely fills the frame, and the decoder of
/// cyto-small is convolutional, so a window around the object gives the mask for a fraction of the work. All numbers
/// are frame pixels and multiples of kStep, so that every feature map can be cut exactly.
class DecodingWindow {
 public:
  static constexpr int64_t kStep = 32;
  static constexpr int64_t kSmallestSide = 256;  ///< networks are trained on frames from this side up

  /// The window of a batch of prompts: around all points, boxes and fed-back masks, with room for an object of the size
  /// that the dense prediction (1, DenseChannels::kCount, S/4, S/4) says at the positive points.
  static DecodingWindow around(const PromptTensors& prompts, const at::Tensor& dense);

  bool isWhole() const { return side_ == frameSide_; }
  int64_t side() const { return side_; }

  /// Of twice the side, with the same middle as far as the frame allows.
  DecodingWindow widened() const;

  /// The part of a map of the frame, (…, H, W); a view of it.
  at::Tensor cut(const at::Tensor& map) const;

  /// The prompts with the corner of the window as origin.
  PromptTensors moved(const PromptTensors& prompts) const;

  /// Whether a mask reaches an edge of the window that is no edge of the frame. `logits` are of the window.
  bool cutsThrough(const at::Tensor& logits) const;

  /// Logits of the window as logits of the frame, with certain background around them.
  at::Tensor placed(const at::Tensor& logits) const;

 private:
  DecodingWindow(double middleX, double middleY, double side, int64_t frameSide);

  int64_t x_ = 0, y_ = 0, side_ = 0, frameSide_ = 0;
};

}  // namespace cyto::nn
