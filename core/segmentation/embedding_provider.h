#pragma once

#include <compare>

#include "core/array/tiling.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/inference/embedding.h"

namespace cyto {

/// A tile of one plane of an image.
struct TileAddress {
  int64_t t = 0;
  int64_t z = 0;
  int64_t tile = 0;
  auto operator<=>(const TileAddress&) const = default;
};

struct TileAddressHash {
  size_t operator()(const TileAddress& address) const {
    return static_cast<size_t>((address.t * 1'000'003 + address.z) * 1'000'003 + address.tile);
  }
};

/// Where the embeddings of one image come from: a store on disk, or an encoder that makes them when they
/// are asked for. Used from the inference thread.
class EmbeddingProvider {
 public:
  virtual ~EmbeddingProvider() = default;

  /// Extent of the image.
  virtual const Shape& imageShape() const = 0;

  /// The tiles of each plane; an untiled image has one tile that is the plane.
  virtual const Tiling& tiling() const = 0;

  /// Whether a tile can be had; stores that were made with a mask lack some.
  virtual bool hasTile(int64_t t, int64_t z, int64_t tile) const = 0;

  /// The embedding of a tile, halo included. The plane and tile must exist.
  virtual Result<EmbeddingPtr> embedding(int64_t t, int64_t z, int64_t tile, const JobContext& job) = 0;
};

}  // namespace cyto
