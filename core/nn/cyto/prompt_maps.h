#pragma once

#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// Number of maps that describe one prompt to the decoder.
inline constexpr int64_t kPromptMaps = 18;

/// Draws prompts as maps at stride 4: (B, kPromptMaps, S/4, S/4), fp32. Besides the geometry of clicks,
/// boxes and the fed-back mask they hold what the encoder already knows relative to the prompt: how far
/// the centroid predicted at each pixel lies from the one predicted at the click (or from the middle of
/// the box), and how similar the learned codes are. `dense` is (1, DenseChannels::kCount, S/4, S/4) and
/// gets no gradients from here; `code` is (1, kCodeChannels, S/4, S/4).
at::Tensor drawPromptMaps(const at::Tensor& dense, const at::Tensor& code, const PromptTensors& prompts);

}  // namespace cyto::nn
