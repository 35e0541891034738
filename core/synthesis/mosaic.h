#pragma once

#include <vector>

#include "core/synthesis/raster.h"

namespace cyto::synthesis {

/// The centre of a cell that meets its neighbours on all sides; of two neighbours the one with more `weight` (a length)
/// gets more.
struct Seed {
  Point place;
  double weight = 0;
};

/// A power diagram: space divided among seeds by squared distance less squared weight.
class Mosaic {
 public:
  struct Cell {
    int32_t seed = -1;  ///< index; -1 without seeds
    int32_t next = -1;  ///< the neighbour across the nearest wall
    double toWall = 0;  ///< distance to it
  };

  explicit Mosaic(std::vector<Seed> seeds);

  Cell at(const Point& point) const;

 private:
  /// Those of some seeds that may be the best or the second for a point of one cube of space.
  std::vector<int32_t> candidatesAmong(const std::vector<int32_t>& seeds, const Point& middle,
                                       double halfDiagonal) const;
  void layBuckets();
  void fillBuckets();

  std::vector<Seed> seeds_;
  Point origin_;
  double bucket_ = 1;  ///< side of a cube
  Extent3 buckets_{1, 1, 1};
  std::vector<std::vector<int32_t>> candidates_;  ///< by cube
  std::vector<int32_t> all_;                      ///< for points outside all cubes
};

}  // namespace cyto::synthesis
