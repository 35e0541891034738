#include "core/embedding/store_description.h"

#include <algorithm>

namespace cyto {

namespace {

std::string pairText(Extent2 extent) { return "[" + std::to_string(extent.y) + ", " + std::to_string(extent.x) + "]"; }

std::string extentText(const std::optional<TileLayout>& tiles, Extent2 TileLayout::* member) {
  return tiles ? pairText((*tiles).*member) : "none";
}

std::string tilesText(const StoreLayout& layout) {
  if (!layout.tilesInMask) return "all tiles";
  size_t count = 0;
  for (const auto& ofSlice : *layout.tilesInMask) count += ofSlice.size();
  return std::to_string(count) + " of " +
         std::to_string(layout.tiling().count() * static_cast<int64_t>(layout.tilesInMask->size())) + " tiles";
}

std::string shapeText(const StoreLayout& layout) {
  const std::string plane = std::to_string(layout.plane.y) + " x " + std::to_string(layout.plane.x);
  return layout.isVolume ? std::to_string(layout.slices) + " slices of " + plane : "a plane of " + plane;
}

Error mismatchError(const std::string& store, const std::string& key, const std::string& found,
                    const std::string& expected, const std::string& advice) {
  return Error(ErrorCode::kInvalidArgument, "the embedding store '" + store + "' does not fit: its " + key + " is " +
                                                found + " but " + expected + " is needed; " + advice);
}

constexpr const char* kNewStore = "choose a new store";
constexpr const char* kOverride = "choose a new store, or use --override-mismatch to accept this one";

Status checkText(const std::string& store, const std::string& key, const std::string& found,
                 const std::string& expected, const char* advice) {
  if (found.empty() || expected.empty() || found == expected) return {};
  return mismatchError(store, key, found, expected, advice);
}

}  // namespace

Tiling StoreLayout::tiling() const {
  if (tiles) return {plane, tiles->tileShape, tiles->halo};
  return {plane, {std::max<int64_t>(plane.y, 1), std::max<int64_t>(plane.x, 1)}, {0, 0}};
}

std::vector<EmbeddingItem> StoreLayout::items() const {
  std::vector<EmbeddingItem> all;
  const int64_t perPlane = tiling().count();
  for (int64_t slice = 0; slice < slices; ++slice) {
    if (tilesInMask) {
      for (const int64_t tile : (*tilesInMask)[static_cast<size_t>(slice)]) all.push_back({slice, tile});
    } else {
      for (int64_t tile = 0; tile < perPlane; ++tile) all.push_back({slice, tile});
    }
  }
  return all;
}

bool StoreLayout::contains(EmbeddingItem item) const {
  if (item.slice < 0 || item.slice >= slices || item.tile < 0 || item.tile >= tiling().count()) return false;
  if (!tilesInMask) return true;
  const auto& ofSlice = (*tilesInMask)[static_cast<size_t>(item.slice)];
  return std::binary_search(ofSlice.begin(), ofSlice.end(), item.tile);
}

Status checkMatch(const std::string& store, const StoreDescription& found, const StoreDescription& expected,
                  MismatchPolicy policy) {
  const StoreIdentity& has = found.identity;
  const StoreIdentity& needs = expected.identity;
  CYTO_TRY(checkText(store, "data_signature", has.dataSignature, needs.dataSignature,
                     "it belongs to another image, choose a new store"));
  if (found.layout.tiles != expected.layout.tiles) {
    const bool isShape = extentText(found.layout.tiles, &TileLayout::tileShape) !=
                         extentText(expected.layout.tiles, &TileLayout::tileShape);
    const auto member = isShape ? &TileLayout::tileShape : &TileLayout::halo;
    return mismatchError(store, isShape ? "tile_shape" : "halo", extentText(found.layout.tiles, member),
                         extentText(expected.layout.tiles, member), kNewStore);
  }
  CYTO_TRY(checkText(store, "model_type", has.modelType, needs.modelType, kNewStore));
  const StoreLayout& there = found.layout;
  const StoreLayout& wanted = expected.layout;
  if (there.isVolume != wanted.isVolume || there.slices != wanted.slices || there.plane != wanted.plane) {
    return mismatchError(store, "shape", shapeText(there), shapeText(wanted), kNewStore);
  }
  if (there.tilesInMask != wanted.tilesInMask) {
    return mismatchError(store, "tiles_in_mask", tilesText(there), tilesText(wanted),
                         "it was made with another mask, choose a new store");
  }
  if (policy == MismatchPolicy::kAcceptOtherWeights) return {};
  CYTO_TRY(checkText(store, "model_hash", has.modelHash, needs.modelHash, kOverride));
  CYTO_TRY(checkText(store, "preprocessing", has.preprocessing, needs.preprocessing, kOverride));
  return checkText(store, "precision", has.precision, needs.precision, kOverride);
}

}  // namespace cyto
