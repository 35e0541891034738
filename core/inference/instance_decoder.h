#pragma once

#include <variant>
#include <vector>

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/inference/embedding.h"

namespace cyto {

/// What a UNETR decoder says about every pixel of the image (or tile) that was embedded, row-major, all in 0..1
/// (spec/micro-sam.md §6.3). Both distances are 0 in the middle of an object and 1 at its edge and in the background.
struct DistanceMaps {
  Extent2 size;  ///< rows and columns of the image
  std::vector<float> foreground;
  std::vector<float> centreDistance;
  std::vector<float> boundaryDistance;
};

/// What a network with centroids says about every cell of a grid over the image (or tile) that was embedded, row-major.
/// Cell (i, j) covers the rows [i, i + 1) * cellHeight and the columns [j, j + 1) * cellWidth of the image; the last
/// row and column may reach beyond it. Positions and sizes are counted in cells, the middle of cell (i, j) is (i, j).
struct CentroidMaps {
  Extent2 grid;       ///< rows and columns of cells
  Extent2 imageSize;  ///< rows and columns of the image
  double cellHeight = 1;
  double cellWidth = 1;
  std::vector<float> foreground;  ///< probability of being inside an object
  std::vector<float> boundary;    ///< probability that the edge of an object runs through the cell
  std::vector<float> centroidY;   ///< of the object that the cell belongs to
  std::vector<float> centroidX;
  std::vector<float> logSize;  ///< log2 of the square root of the object's area
};

using InstanceMaps = std::variant<DistanceMaps, CentroidMaps>;

/// Turns an embedding into maps from which all objects can be read without prompts. Not thread-safe: one inference
/// thread owns it.
class InstanceDecoder {
 public:
  virtual ~InstanceDecoder() = default;

  /// Errors: kModel for an embedding of another network, kCancelled, kOutOfMemory.
  virtual Result<InstanceMaps> decode(const Embedding& embedding, const JobContext& job) = 0;
};

}  // namespace cyto
