#pragma once

#include <optional>
#include <string>

#include "core/embedding/embedding_store.h"
#include "core/embedding/image_fingerprint.h"
#include "core/inference/model.h"
#include "core/io/image_source.h"

namespace cyto {

/// What a user can choose about the arrangement of a store.
struct LayoutRequest {
  std::optional<int> ndim = std::nullopt;  ///< 2: one plane; 3: slices or frames; absent: as the image is
  std::optional<TileLayout> tiles = std::nullopt;
  const io::ImageSource* mask = nullptr;  ///< only tiles with a non-zero pixel in their outer area; needs tiles
};

/// Decides the arrangement; reads the mask. A mask of one plane holds for all slices.
/// Errors: kInvalidArgument for an image without pixels, ndim 2 for a volume, a mask without tiles, of
/// another shape or without foreground, and tiles that make no sense.
Result<StoreLayout> planLayout(const io::ImageInfo& image, const LayoutRequest& request, const JobContext& job);

/// What a store is made for. `writer` is the program and its version.
StoreIdentity identityOf(const ImageFingerprint& image, const ModelIdentity& model, const std::string& writer);

struct PrecomputeReport {
  int64_t items = 0;    ///< what the store holds
  int64_t encoded = 0;  ///< what this call added
  double seconds = 0;
};

/// Encodes every item that `store` lacks and completes the store, as many at once as the encoder takes best. Reading
/// the next tiles and writing the last ones go on meanwhile; `encoder` is used on the calling thread only. The image
/// must be the one the store was begun for. When it fails or is cancelled, everything encoded so far stays in the store
/// and the next call goes on.
Result<PrecomputeReport> precomputeEmbeddings(const io::ImageSource& image, EmbeddingStore& store,
                                              ImageEncoder& encoder, const JobContext& job);

}  // namespace cyto
