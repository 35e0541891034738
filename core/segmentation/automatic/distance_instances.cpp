#include "core/segmentation/automatic/distance_instances.h"

#include "core/segmentation/automatic/seeded_watershed.h"
#include "core/segmentation/automatic/smoothing.h"

namespace cyto {

InstanceLabels instancesFrom(const DistanceMaps& maps, const DistanceParameters& parameters) {
  const std::vector<float> foreground = smoothed(maps.foreground, maps.size, parameters.foregroundSmoothing);
  const std::vector<float> centre = smoothed(maps.centreDistance, maps.size, parameters.distanceSmoothing);
  const std::vector<float> boundary = smoothed(maps.boundaryDistance, maps.size, parameters.distanceSmoothing);
  std::vector<uint8_t> isForeground(foreground.size()), isSeed(foreground.size());
  for (size_t i = 0; i < foreground.size(); ++i) {
    isForeground[i] = static_cast<double>(foreground[i]) > parameters.foregroundThreshold;
    isSeed[i] = isForeground[i] && static_cast<double>(centre[i]) < parameters.centerDistanceThreshold &&
                static_cast<double>(boundary[i]) < parameters.boundaryDistanceThreshold;
  }
  InstanceLabels labels = connectedComponents(isSeed, maps.size, /*withDiagonals=*/true);
  growSeeds(labels, boundary, isForeground);
  return labels;
}

}  // namespace cyto
