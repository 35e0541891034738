#pragma once

#include <ATen/core/Tensor.h>

namespace cyto::nn {

/// What micro-sam's instance decoder should draw for an annotated crop (spec/micro-sam.md §9.1): (3, S, S) float,
/// on the CPU, with the channels
/// - foreground: 1 in objects, else 0;
/// - centre distance: to the pixel nearest to the object's centroid, or to its deepest pixel when that one is outside;
/// - boundary distance: what a pixel's depth lacks to the deepest one's, depth being the distance to the object's
///   nearest pixel that has one of another label beside it (4 neighbours).
/// Both distances are divided by their largest value in the object + 1e-7, and 1 in the background.
/// `labels` (S, S) float: 0 and the ids of objects; each piece of an object that hangs together (8 neighbours) counts
/// as an object. `inside` (S, S) float: 1 where the image is. Neither the border of the crop nor that of the image is a
/// boundary: what lies beyond may belong to the object; one that fills the crop has depth 0.
at::Tensor distanceTargets(const at::Tensor& labels, const at::Tensor& inside);

}  // namespace cyto::nn
