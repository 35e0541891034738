#include "core/segmentation/automatic/centroid_instances.h"

#include <algorithm>
#include <cmath>

#include "core/segmentation/automatic/region_merging.h"
#include "core/segmentation/automatic/seeded_watershed.h"
#include "core/segmentation/automatic/smoothing.h"

namespace cyto {

namespace {

/// Where a row or column of pixels lies between two rows or columns of cells.
struct Between {
  int64_t first = 0;
  int64_t second = 0;
  float share = 0;  ///< of the second
};

std::vector<Between> positionsOf(int64_t pixels, double pixelsPerCell, int64_t cells) {
  std::vector<Between> positions(static_cast<size_t>(pixels));
  for (int64_t i = 0; i < pixels; ++i) {
    const double at = (static_cast<double>(i) + 0.5) / pixelsPerCell - 0.5;
    const double floor = std::floor(at);
    const auto cell = static_cast<int64_t>(floor);
    positions[static_cast<size_t>(i)] = {std::clamp<int64_t>(cell, 0, cells - 1),
                                         std::clamp<int64_t>(cell + 1, 0, cells - 1), static_cast<float>(at - floor)};
  }
  return positions;
}

/// The cells seen from the pixels of the image.
class PixelView {
 public:
  explicit PixelView(const CentroidMaps& maps)
      : columns_(maps.grid.x),
        y_(positionsOf(maps.imageSize.y, maps.cellHeight, maps.grid.y)),
        x_(positionsOf(maps.imageSize.x, maps.cellWidth, maps.grid.x)) {}

  float interpolated(const std::vector<float>& map, int64_t y, int64_t x) const {
    const Corners c = corners(y, x);
    return map[c.index[0]] * c.weight[0] + map[c.index[1]] * c.weight[1] + map[c.index[2]] * c.weight[2] +
           map[c.index[3]] * c.weight[3];
  }

  /// The id with the most weight among the four cells, background left out; of equals the first.
  uint32_t heaviest(const std::vector<uint32_t>& ids, int64_t y, int64_t x) const {
    const Corners c = corners(y, x);
    uint32_t best = 0;
    float bestWeight = -1;
    for (const size_t corner : {0, 1, 2, 3}) {
      const uint32_t id = ids[c.index[corner]];
      if (id == 0 || id == best) continue;
      float weight = 0;
      for (size_t i = corner; i < 4; ++i) weight += ids[c.index[i]] == id ? c.weight[i] : 0.0f;
      if (weight <= bestWeight) continue;
      best = id;
      bestWeight = weight;
    }
    return best;
  }

 private:
  struct Corners {
    size_t index[4];
    float weight[4];
  };

  Corners corners(int64_t y, int64_t x) const {
    const Between& row = y_[static_cast<size_t>(y)];
    const Between& column = x_[static_cast<size_t>(x)];
    const auto at = [&](int64_t i, int64_t j) { return static_cast<size_t>(i * columns_ + j); };
    return {{at(row.first, column.first), at(row.first, column.second), at(row.second, column.first),
             at(row.second, column.second)},
            {(1 - row.share) * (1 - column.share), (1 - row.share) * column.share, row.share * (1 - column.share),
             row.share * column.share}};
  }

  int64_t columns_;
  std::vector<Between> y_, x_;
};

bool isFinite(const CentroidMaps& maps, size_t i) {
  return std::isfinite(maps.foreground[i]) && std::isfinite(maps.boundary[i]) && std::isfinite(maps.centroidY[i]) &&
         std::isfinite(maps.centroidX[i]) && std::isfinite(maps.logSize[i]);
}

void makeFinite(CentroidMaps& maps) {
  for (size_t i = 0; i < maps.foreground.size(); ++i) {
    if (isFinite(maps, i)) continue;
    maps.foreground[i] = 0;
    maps.boundary[i] = 1;
    maps.centroidY[i] = maps.centroidX[i] = maps.logSize[i] = 0;
  }
}

/// Cells of the mask that are as low as the lowest of their eight neighbours.
std::vector<uint8_t> minimaOf(const std::vector<float>& heights, const std::vector<uint8_t>& mask, Extent2 size) {
  std::vector<uint8_t> isMinimum(heights.size(), 0);
  for (int64_t y = 0; y < size.y; ++y) {
    for (int64_t x = 0; x < size.x; ++x) {
      const auto i = static_cast<size_t>(y * size.x + x);
      if (!mask[i]) continue;
      float lowest = heights[i];
      for (int64_t row = std::max<int64_t>(0, y - 1); row <= std::min(size.y - 1, y + 1); ++row) {
        for (int64_t column = std::max<int64_t>(0, x - 1); column <= std::min(size.x - 1, x + 1); ++column) {
          lowest = std::min(lowest, heights[static_cast<size_t>(row * size.x + column)]);
        }
      }
      isMinimum[i] = heights[i] == lowest;
    }
  }
  return isMinimum;
}

InstanceLabels regionsOf(const CentroidMaps& maps, const CentroidParameters& parameters) {
  std::vector<float> heights(maps.foreground.size());
  std::vector<uint8_t> mask(heights.size());
  for (size_t i = 0; i < heights.size(); ++i) {
    heights[i] = maps.boundary[i] + 1 - maps.foreground[i];
    mask[i] = static_cast<double>(maps.foreground[i]) > parameters.foregroundThreshold;
  }
  heights = smoothed(heights, maps.grid, parameters.boundarySmoothing);
  InstanceLabels regions = connectedComponents(minimaOf(heights, mask, maps.grid), maps.grid, /*withDiagonals=*/true);
  growSeeds(regions, heights, mask);
  return regions;
}

InstanceLabels toPixels(const InstanceLabels& cells, const CentroidMaps& maps, const PixelView& view,
                        double threshold) {
  const Extent2 size = maps.imageSize;
  InstanceLabels labels{size, std::vector<uint32_t>(static_cast<size_t>(size.y * size.x), 0), cells.count};
  for (int64_t y = 0; y < size.y; ++y) {
    uint32_t* row = labels.ids.data() + y * size.x;
    for (int64_t x = 0; x < size.x; ++x) {
      const uint32_t id = view.heaviest(cells.ids, y, x);
      if (id != 0 && static_cast<double>(view.interpolated(maps.foreground, y, x)) > threshold) row[x] = id;
    }
  }
  return labels;
}

/// Whether a pixel of an object has a neighbour inside the image that is not of the object.
bool isRim(const InstanceLabels& labels, int64_t y, int64_t x) {
  const auto at = [&](int64_t row, int64_t column) {
    return labels.ids[static_cast<size_t>(row * labels.size.x + column)];
  };
  const uint32_t id = at(y, x);
  return (y > 0 && at(y - 1, x) != id) || (x > 0 && at(y, x - 1) != id) ||
         (y + 1 < labels.size.y && at(y + 1, x) != id) || (x + 1 < labels.size.x && at(y, x + 1) != id);
}

std::vector<double> confidencesOf(const InstanceLabels& labels, const CentroidMaps& maps, const PixelView& view) {
  struct Sums {
    double foreground = 0, pixels = 0, boundary = 0, rim = 0;
  };
  std::vector<Sums> sums(labels.count + size_t{1});
  for (int64_t y = 0; y < labels.size.y; ++y) {
    for (int64_t x = 0; x < labels.size.x; ++x) {
      const uint32_t id = labels.ids[static_cast<size_t>(y * labels.size.x + x)];
      if (id == 0) continue;
      Sums& sum = sums[id];
      sum.foreground += static_cast<double>(view.interpolated(maps.foreground, y, x));
      sum.pixels += 1;
      if (!isRim(labels, y, x)) continue;
      sum.boundary += static_cast<double>(view.interpolated(maps.boundary, y, x));
      sum.rim += 1;
    }
  }
  std::vector<double> confidences;
  for (const Sums& sum : sums) {
    const double foreground = sum.pixels > 0 ? sum.foreground / sum.pixels : 0;
    // An object without a rim fills the image.
    confidences.push_back(foreground * (sum.rim > 0 ? std::sqrt(sum.boundary / sum.rim) : 1));
  }
  return confidences;
}

}  // namespace

InstanceLabels instancesFrom(const CentroidMaps& given, const CentroidParameters& parameters) {
  CentroidMaps maps = given;
  makeFinite(maps);
  InstanceLabels regions = regionsOf(maps, parameters);
  mergeRegions(regions, maps, parameters);
  const PixelView view(maps);
  InstanceLabels labels = toPixels(regions, maps, view, parameters.foregroundThreshold);
  makeObjectsWhole(labels);
  const std::vector<double> confidences = confidencesOf(labels, maps, view);
  std::vector<uint8_t> isKept(confidences.size());
  for (size_t id = 1; id < isKept.size(); ++id) {
    isKept[id] = confidences[id] > 0 && confidences[id] >= parameters.minConfidence;
  }
  keepObjects(labels, isKept);
  return labels;
}

}  // namespace cyto
