#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace cyto::nn {

/// One pixel (x, y) of each region as (B, 2), in pixels of the frame of which `regions` (B, S/4, S/4)
/// holds every fourth; the largest values of `regions` count as inside. With `central` a pixel deep
/// inside, as people click; otherwise any with equal probability. Empty regions give the middle of their
/// highest value too: check with `anyInside` first.
at::Tensor samplePoints(const at::Tensor& regions, bool central, const at::Generator& random);

/// (B): whether a region has a pixel.
at::Tensor anyInside(const at::Tensor& regions);

/// Tight bounds (x0, y0, x1, y1) of masks (B, S, S) > 0.5 in pixels, sides moved by a normal error of
/// `distortion` times the side and up to that share outwards on the mean; (B, 4).
at::Tensor jitteredBoxes(const at::Tensor& masks, double distortion, const at::Generator& random);

/// Points that correct a prediction, one positive and one negative for each object (spec/micro-sam.md
/// §9.3): (B, 2, 2), and labels (B, 2). Positive: a missed pixel, or one of the object if nothing is
/// missed. Negative: a false-positive pixel, else a background pixel near the object, else it is padding.
/// `truth`, `predicted`: (B, S/4, S/4), 0 or 1.
struct CorrectionPoints {
  at::Tensor points, labels;
};
CorrectionPoints sampleCorrections(const at::Tensor& truth, const at::Tensor& predicted, bool central,
                                   const at::Generator& random);

/// Of each pair of corrections the one whose error is larger, as people correct; the other becomes padding.
CorrectionPoints largerErrorOnly(const CorrectionPoints& both, const at::Tensor& truth, const at::Tensor& predicted);

}  // namespace cyto::nn
