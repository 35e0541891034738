#pragma once

#include "core/inference/instance_decoder.h"
#include "core/segmentation/automatic/instance_labels.h"
#include "core/segmentation/automatic/instance_parameters.h"

namespace cyto {

/// Joins regions that the maps take for parts of one object. `regions` has the size of the grid; ids are renumbered.
///
/// A region is a bad object as far as its cells point elsewhere: for n cells with the predicted centroids c, the
/// region's own centroid g and the predicted log sizes s,
///   badness = sqrt(mean |c - g|^2) / sqrt(n), at most 1.5, + sizeWeight * |mean s - log2 sqrt(n)|, at most 2.
/// Joining two neighbours gains what badness, times cells, the union has less than the two, per cell of the smaller
/// one, plus boundaryWeight * (1/2 - mean boundary probability between them). The best gain above 0 is taken until
/// there is none; of equal gains the one with the lower ids.
void mergeRegions(InstanceLabels& regions, const CentroidMaps& maps, const CentroidParameters& parameters);

}  // namespace cyto
