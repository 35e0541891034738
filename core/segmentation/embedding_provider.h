#pragma once

#include "core/array/tiling.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/inference/embedding.h"

namespace cyto {

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
