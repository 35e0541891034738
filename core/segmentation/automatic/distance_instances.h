#pragma once

#include "core/inference/instance_decoder.h"
#include "core/segmentation/automatic/instance_labels.h"
#include "core/segmentation/automatic/instance_parameters.h"

namespace cyto {

/// Objects of a UNETR decoder's maps (spec/micro-sam.md §6.4): seeds where both distances are small, grown over the
/// boundary distance inside the foreground. Foreground without a seed is left out. Small objects stay: dropping them is
/// up to the caller, who may have to join the tiles of an image first.
InstanceLabels instancesFrom(const DistanceMaps& maps, const DistanceParameters& parameters);

}  // namespace cyto
