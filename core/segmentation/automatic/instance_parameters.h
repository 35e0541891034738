#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace cyto {

/// What turns the answers of a network into objects. Names in `setParameter` are those of the fields as
/// micro-sam writes them (spec/micro-sam.md §6.4): "center_distance_threshold", "min_size", ….

/// Of maps of distances, as UNETR decoders give them. The initial values are micro-sam's.
struct DistanceParameters {
  double centerDistanceThreshold = 0.5;    ///< seeds lie nearer to the centre than this, 0..1
  double boundaryDistanceThreshold = 0.5;  ///< and deeper inside than this, 0..1
  double foregroundThreshold = 0.5;        ///< objects lie where the probability is higher, 0..1
  double foregroundSmoothing = 1.0;        ///< sigma in pixels of the image; 0: none
  double distanceSmoothing = 1.6;
  int64_t minSize = 0;  ///< smaller objects are dropped, in pixels of the image
};

/// Of maps with centroids, as cyto-small gives them. The initial values were found on validation images
/// (models/cards/cyto-small.md).
struct CentroidParameters {
  double foregroundThreshold = 0.6;  ///< objects lie where the probability is higher, 0..1
  double boundarySmoothing = 0.7;    ///< sigma in cells, before the maps are cut into regions
  double boundaryWeight = 1.0;       ///< how much a boundary between two regions speaks against one object
  double sizeWeight = 0.15;          ///< how much the predicted size counts beside the predicted centroid
  double minConfidence = 0.55;       ///< objects of which the maps are less sure are dropped, 0..1
  int64_t minSize = 25;              ///< in pixels of the image
};

/// Of clicks on a grid, for models without maps. The initial values are micro-sam's (spec/micro-sam.md §6.2).
struct GridParameters {
  int64_t pointsPerSide = 32;     ///< clicks are the square of it, 1..256
  double minPredictedIou = 0.88;  ///< masks must have more; 0: all
  double minStability = 0.95;     ///< masks must have at least this (MaskFilter); 0: all
  double maxBoxOverlap = 0.7;     ///< of two masks whose boxes overlap by more (IoU) the better stays
  int64_t minSize = 0;            ///< smaller objects are dropped, in pixels of the image
};

struct InstanceParameters {
  DistanceParameters distance;
  CentroidParameters centroid;
  GridParameters grid;
};

/// Defaults with micro-sam's presets for its published models (spec/micro-sam.md §6.7) by registry name.
InstanceParameters presetFor(const std::string& modelName);

/// Sets the parameters called `name` of all ways that have it. kInvalidArgument for a name that none has, which lists
/// those there are, and for a value out of range.
Status setParameter(InstanceParameters& parameters, const std::string& name, double value);

/// The same from "name=value".
Status setParameter(InstanceParameters& parameters, const std::string& assignment);

}  // namespace cyto
