#include "core/segmentation/encoding_provider.h"

#include <algorithm>

#include "core/inference/preprocessing.h"

namespace cyto {

namespace {

Tiling wholePlane(const Shape& shape) {
  const Extent2 plane{std::max<int64_t>(shape.y, 1), std::max<int64_t>(shape.x, 1)};
  return Tiling(plane, plane, {0, 0});
}

}  // namespace

EncodingProvider::EncodingProvider(const io::ImageSource& source, ImageEncoder& encoder)
    : EncodingProvider(source, encoder, wholePlane(source.info().shape)) {}

EncodingProvider::EncodingProvider(const io::ImageSource& source, ImageEncoder& encoder, const Tiling& tiling,
                                   int64_t budget_bytes)
    : source_(source), encoder_(encoder), tiling_(tiling), cache_(std::max<int64_t>(1, budget_bytes)) {}

Result<EmbeddingPtr> EncodingProvider::embedding(int64_t t, int64_t z, int64_t tile, const JobContext& job) {
  const TileAddress key{t, z, tile};
  if (EmbeddingPtr found = cache_.find(key)) return found;
  const PlaneBox window = tiling_.tile(tile);
  const Box box{{t, z, window.y0, window.x0}, {t + 1, z + 1, window.y1, window.x1}};
  CYTO_ASSIGN(const Array pixels, source_.read(box, 0, job));
  CYTO_ASSIGN(const RgbImage rgb, stretchToRgb(pixels));
  CYTO_ASSIGN(Embedding made, encoder_.encode(rgb, job, betweenSteps_));
  auto shared = std::make_shared<const Embedding>(std::move(made));
  cache_.insertEvenIfTooLarge(key, shared, shared->size_bytes());
  return EmbeddingPtr(shared);
}

}  // namespace cyto
