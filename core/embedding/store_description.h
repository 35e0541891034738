#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/array/tiling.h"
#include "core/base/result.h"

namespace cyto {

/// One thing that is encoded: a tile of a plane. Without tiles the tile is 0 and stands for the whole plane.
/// Planes of a volume or series are counted frame by frame: slice = t * Z + z.
struct EmbeddingItem {
  int64_t slice = 0;
  int64_t tile = 0;
  bool operator==(const EmbeddingItem&) const = default;
};

struct TileLayout {
  Extent2 tileShape;
  Extent2 halo;
  bool operator==(const TileLayout&) const = default;
};

/// How the embeddings of an image are arranged in a store.
struct StoreLayout {
  /// A 2D store holds one plane without a slice axis; a volume may have a single slice.
  bool isVolume = false;
  int64_t slices = 1;
  Extent2 plane;  ///< rows and columns of the image
  std::optional<TileLayout> tiles;
  /// Only the tiles that a mask touches were asked for: ascending tile ids per slice.
  std::optional<std::vector<std::vector<int64_t>>> tilesInMask;

  bool operator==(const StoreLayout&) const = default;

  /// The tiles of a plane; a plane without tiles is one tile.
  Tiling tiling() const;
  /// Everything that belongs into the store, slice by slice, tile by tile.
  std::vector<EmbeddingItem> items() const;
  /// Whether an item belongs into the store.
  bool contains(EmbeddingItem item) const;
};

/// Of which image and by which network the embeddings are. As an expectation, an empty text stands for
/// "any"; in a store it stands for "not recorded" (micro-sam records no precision, for example).
struct StoreIdentity {
  std::string dataSignature;  ///< hex SHA-1 of the image, see ImageFingerprint
  std::string contentHash;    ///< "xxh128:<32 hex>" of the image, see ImageFingerprint
  std::string modelType;      ///< architecture, e.g. "vit_b"
  std::string modelName;      ///< e.g. "vit_b_lm"
  std::string modelHash;      ///< "xxh128:<32 hex>" of the weights
  std::string preprocessing;  ///< version of the steps from image to network input
  std::string precision;      ///< "fp32", "bf16", "fp16"
  std::string writer;         ///< program and version, for information
  bool operator==(const StoreIdentity&) const = default;
};

struct StoreDescription {
  StoreLayout layout;
  StoreIdentity identity;
};

enum class MismatchPolicy {
  kRefuse,
  /// The caller insists: other weights, preprocessing or precision of the same architecture are accepted.
  kAcceptOtherWeights,
};

/// Success when a store with description `found` can serve `expected`. The error (kInvalidArgument) names
/// the store, the key and both values: data_signature, tile_shape, halo, model_type, tiles_in_mask always
/// (spec/micro-sam.md §2.5); model_hash, preprocessing and precision unless they are to be accepted.
Status checkMatch(const std::string& store, const StoreDescription& found, const StoreDescription& expected,
                  MismatchPolicy policy);

}  // namespace cyto
