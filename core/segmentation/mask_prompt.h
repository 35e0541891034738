#pragma once

#include "core/array/plane_mask.h"
#include "core/inference/embedding.h"
#include "core/inference/prompts.h"

namespace cyto {

/// The logits that ask a decoder to keep to a mask (spec/micro-sam.md §3.1): the mask is scaled to the
/// frame of low-resolution masks of `embedding` with an antialiasing bilinear filter; where more than half
/// of a sample is inside it becomes +6.9068, elsewhere, the padding included, -6.9068.
/// `mask` is in pixels of the image that was embedded.
MaskPrompt maskPromptOf(const PlaneMask& mask, const Embedding& embedding);

/// The box of a mask as a prompt; the far corner is exclusive.
BoxPrompt boxOf(const PlaneMask& mask);

/// A user's box as the decoder wants it: clipped to a plane and rounded, halves to even.
BoxPrompt processedBox(const BoxPrompt& box, Extent2 plane);

}  // namespace cyto
