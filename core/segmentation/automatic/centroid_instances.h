#pragma once

#include "core/inference/instance_decoder.h"
#include "core/segmentation/automatic/instance_labels.h"
#include "core/segmentation/automatic/instance_parameters.h"

namespace cyto {

/// Objects of maps with centroids, at the resolution of the image:
///   1. the foreground is cut into regions: a watershed of boundary + background from all its minima;
///   2. regions are joined where their predicted centroids and sizes ask for it (region_merging.h);
///   3. pixels of the image with enough foreground, interpolated between cells, get the object that most of the four
///      cells around them belong to by weight; each object becomes one piece without holes;
///   4. objects with less confidence than asked for are dropped.
/// Confidence is the mean foreground of an object times the square root of the mean boundary along its rim: what is no
/// object has a weak or blurred rim. Small objects stay: dropping them is up to the caller, who may have to join the
/// tiles of an image first. Cells whose maps are not finite are background.
InstanceLabels instancesFrom(const CentroidMaps& maps, const CentroidParameters& parameters);

}  // namespace cyto
