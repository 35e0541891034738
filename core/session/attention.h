#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/array/shape.h"
#include "core/array/tiling.h"
#include "core/segmentation/embedding_provider.h"

namespace cyto {

/// What the user looks at; decides which tile is embedded next (design §6).
struct Attention {
  int64_t t = 0;
  int64_t z = 0;
  PlaneBox viewport;  ///< what of the plane is on screen, in image pixels; empty when unknown
  struct Position {
    double y = 0;
    double x = 0;
    bool operator==(const Position&) const = default;
  };
  std::optional<Position> cursor;  ///< the pointer, when it is over the image
  double panY = 0;                 ///< direction of the last pan, in image pixels; 0, 0 when at rest
  double panX = 0;
  bool operator==(const Attention&) const = default;
};

/// How a session cuts a plane: one tile while both sides are at most 1536 pixels, else tiles of 768 with a halo of 128.
/// The same with and without a window, so that masks are equal.
Tiling sessionTiling(const Shape& image);

/// At most `limit` tiles in the order in which they should be embedded, each once: the tile of the cursor, the tiles in
/// the viewport from its centre (or the cursor) outwards, those next to the viewport in the direction of the pan, the
/// viewport's tiles in the next and previous slice and frame, then the rest of the plane outwards. A pure function.
std::vector<TileAddress> tilesByAttention(const Tiling& tiling, const Shape& image, const Attention& attention,
                                          size_t limit);

}  // namespace cyto
