#include "core/embedding/store_metadata.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/embedding/zarr_node.h"

namespace cyto {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kLargestExtent = int64_t{1} << 31;
constexpr int64_t kLargestTileCount = int64_t{1} << 32;

Error damaged(const fs::path& path, const std::string& what) {
  return Error(ErrorCode::kFormat, "the embedding store '" + path.string() + "' is damaged: " + what +
                                       "; compute the embeddings again in a new store");
}

json pair(Extent2 extent) { return {extent.y, extent.x}; }

json nullable(const std::optional<Extent2>& extent) { return extent ? pair(*extent) : json(); }

json nullable(const std::string& text) { return text.empty() ? json() : json(text); }

std::string textAt(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

json tilesInMaskJson(const StoreLayout& layout) {
  if (!layout.isVolume) return layout.tilesInMask->at(0);
  json perSlice = json::object();
  for (size_t slice = 0; slice < layout.tilesInMask->size(); ++slice) {
    perSlice[std::to_string(slice)] = (*layout.tilesInMask)[slice];
  }
  return perSlice;
}

Status checkTileIds(const StoreLayout& layout, const fs::path& path) {
  const int64_t count = layout.tiling().count();
  for (const auto& ofSlice : *layout.tilesInMask) {
    const bool isAscending =
        std::adjacent_find(ofSlice.begin(), ofSlice.end(), std::greater_equal<>()) == ofSlice.end();
    if (!isAscending || (!ofSlice.empty() && (ofSlice.front() < 0 || ofSlice.back() >= count))) {
      return damaged(path, "tiles_in_mask names tiles that do not exist");
    }
  }
  return {};
}

Status readTilesInMask(StoreLayout& layout, const json& tiles, const fs::path& path) {
  try {
    std::vector<std::vector<int64_t>> perSlice;
    if (tiles.is_array()) {
      perSlice.push_back(tiles.get<std::vector<int64_t>>());
    } else {
      for (size_t slice = 0; slice < tiles.size(); ++slice) {
        perSlice.push_back(tiles.at(std::to_string(slice)).get<std::vector<int64_t>>());
      }
      layout.isVolume = true;
      layout.slices = static_cast<int64_t>(perSlice.size());
    }
    layout.tilesInMask = std::move(perSlice);
  } catch (const json::exception&) {
    return damaged(path, "tiles_in_mask is no list of tiles per slice");
  }
  return checkTileIds(layout, path);
}

Status checkExtents(const StoreLayout& layout, const fs::path& path) {
  const auto isFine = [](Extent2 extent, int64_t least) {
    return extent.y >= least && extent.x >= least && extent.y <= kLargestExtent && extent.x <= kLargestExtent;
  };
  const bool tilesAreFine = !layout.tiles || (isFine(layout.tiles->tileShape, 1) && isFine(layout.tiles->halo, 0));
  if (!isFine(layout.plane, 1) || !tilesAreFine || layout.slices < 1) return damaged(path, "its shape makes no sense");
  const Extent2 grid = layout.tiling().grid();
  if (grid.y > kLargestTileCount / grid.x) return damaged(path, "it has too many tiles");
  return {};
}

/// The slices of a tiled store, known from any of its tiles.
Status readSliceCount(StoreLayout& layout, const fs::path& features, int zarrFormat) {
  std::vector<int64_t> candidates{0};
  if (layout.tilesInMask) {
    candidates.clear();
    for (const auto& ofSlice : *layout.tilesInMask) {
      if (!ofSlice.empty()) candidates = {ofSlice.front()};
    }
  }
  if (candidates.empty()) return {};  // the mask touches no tile, so there are no arrays
  CYTO_ASSIGN(const ZarrArray array, readArrayMetadata(features / std::to_string(candidates[0]), zarrFormat));
  const bool isVolume = array.shape.size() == 5;
  const bool contradicts =
      layout.tilesInMask && (isVolume != layout.isVolume || (isVolume && array.shape[0] != layout.slices));
  if (contradicts) return damaged(features, "its tiles have another number of slices than tiles_in_mask");
  layout.isVolume = isVolume;
  layout.slices = isVolume ? array.shape[0] : 1;
  return {};
}

Result<StoreLayout> tiledLayout(const fs::path& store, int zarrFormat) {
  const fs::path features = store / "features";
  CYTO_ASSIGN(const json attributes, readAttributes(features, zarrFormat));
  StoreLayout layout;
  CYTO_ASSIGN(layout.plane, extentFrom(attributes, "shape", features));
  TileLayout tiles;
  CYTO_ASSIGN(tiles.tileShape, extentFrom(attributes, "tile_shape", features));
  CYTO_ASSIGN(tiles.halo, extentFrom(attributes, "halo", features));
  layout.tiles = tiles;
  CYTO_TRY(checkExtents(layout, features));
  if (attributes.contains("tiles_in_mask")) CYTO_TRY(readTilesInMask(layout, attributes["tiles_in_mask"], features));
  CYTO_TRY(readSliceCount(layout, features, zarrFormat));
  return layout;
}

Result<StoreLayout> untiledLayout(const fs::path& store, int zarrFormat, const json& root) {
  StoreLayout layout;
  CYTO_ASSIGN(layout.plane, extentFrom(root, "original_size", store));
  CYTO_TRY(checkExtents(layout, store));
  CYTO_ASSIGN(const ZarrArray array, readArrayMetadata(store / "features", zarrFormat));
  layout.isVolume = array.shape.size() == 5;
  layout.slices = layout.isVolume ? array.shape[0] : 1;
  return layout;
}

}  // namespace

Result<Extent2> extentFrom(const json& attributes, const std::string& key, const fs::path& path) {
  const auto found = attributes.find(key);
  if (found != attributes.end() && found->is_array() && found->size() == 2 && (*found)[0].is_number_integer() &&
      (*found)[1].is_number_integer()) {
    return Extent2{(*found)[0].get<int64_t>(), (*found)[1].get<int64_t>()};
  }
  return damaged(path, "its attribute '" + key + "' is no pair of numbers");
}

json planOf(const StoreDescription& description) {
  const StoreLayout& layout = description.layout;
  const StoreIdentity& identity = description.identity;
  json plan = {{"version", 1},
               {"is_volume", layout.isVolume},
               {"slices", layout.slices},
               {"plane", pair(layout.plane)},
               {"data_signature", identity.dataSignature},
               {"content_hash", identity.contentHash},
               {"model_type", identity.modelType},
               {"model_name", identity.modelName},
               {"model_hash", identity.modelHash},
               {"preprocessing", identity.preprocessing},
               {"precision", identity.precision},
               {"writer", identity.writer}};
  if (layout.tiles) plan.update({{"tile_shape", pair(layout.tiles->tileShape)}, {"halo", pair(layout.tiles->halo)}});
  if (layout.tilesInMask) plan["tiles_in_mask"] = *layout.tilesInMask;
  return plan;
}

Result<StoreDescription> descriptionFromPlan(const json& plan, const fs::path& path) {
  StoreDescription description;
  StoreLayout& layout = description.layout;
  try {
    if (plan.at("version") != 1) return damaged(path, "it was begun by a newer version of this program");
    layout.isVolume = plan.at("is_volume").get<bool>();
    layout.slices = plan.at("slices").get<int64_t>();
    CYTO_ASSIGN(layout.plane, extentFrom(plan, "plane", path));
    if (plan.contains("tile_shape")) {
      TileLayout tiles;
      CYTO_ASSIGN(tiles.tileShape, extentFrom(plan, "tile_shape", path));
      CYTO_ASSIGN(tiles.halo, extentFrom(plan, "halo", path));
      layout.tiles = tiles;
    }
    if (plan.contains("tiles_in_mask"))
      layout.tilesInMask = plan["tiles_in_mask"].get<std::vector<std::vector<int64_t>>>();
  } catch (const json::exception&) {
    return damaged(path, "its plan is not readable");
  }
  CYTO_TRY(checkExtents(layout, path));
  if (layout.tilesInMask) {
    if (static_cast<int64_t>(layout.tilesInMask->size()) != layout.slices) {
      return damaged(path, "tiles_in_mask has another number of slices than the image");
    }
    CYTO_TRY(checkTileIds(layout, path));
  }
  description.identity = {textAt(plan, "data_signature"), textAt(plan, "content_hash"), textAt(plan, "model_type"),
                          textAt(plan, "model_name"),     textAt(plan, "model_hash"),   textAt(plan, "preprocessing"),
                          textAt(plan, "precision"),      textAt(plan, "writer")};
  return description;
}

json rootAttributes(const StoreDescription& description, const std::optional<Extent2>& inputSize,
                    const std::optional<Extent2>& originalSize) {
  const StoreIdentity& identity = description.identity;
  const std::optional<TileLayout>& tiles = description.layout.tiles;
  return {{"data_signature", identity.dataSignature},
          {"tile_shape", tiles ? pair(tiles->tileShape) : json()},
          {"halo", tiles ? pair(tiles->halo) : json()},
          {"model_type", identity.modelType},
          {"model_name", identity.modelName},
          {"micro_sam_version", identity.writer},
          {"model_hash", nullable(identity.modelHash)},
          {"input_size", nullable(inputSize)},
          {"original_size", nullable(originalSize)},
          {"cytoclick_version", identity.writer},
          {"content_hash", identity.contentHash},
          {"preprocessing", identity.preprocessing},
          {"precision", identity.precision}};
}

json tiledGroupAttributes(const StoreLayout& layout) {
  json attributes = {
      {"shape", pair(layout.plane)}, {"tile_shape", pair(layout.tiles->tileShape)}, {"halo", pair(layout.tiles->halo)}};
  if (layout.tilesInMask) attributes["tiles_in_mask"] = tilesInMaskJson(layout);
  return attributes;
}

Result<StoreDescription> describeCompleteStore(const fs::path& store, int zarrFormat, const json& root) {
  const bool isTiled = root.value("input_size", json()).is_null();
  StoreDescription description;
  CYTO_ASSIGN(description.layout, isTiled ? tiledLayout(store, zarrFormat) : untiledLayout(store, zarrFormat, root));
  const std::string writer = textAt(root, "cytoclick_version");
  description.identity = {
      textAt(root, "data_signature"), textAt(root, "content_hash"),
      textAt(root, "model_type"),     textAt(root, "model_name"),
      textAt(root, "model_hash"),     textAt(root, "preprocessing"),
      textAt(root, "precision"),      writer.empty() ? "micro_sam " + textAt(root, "micro_sam_version") : writer};
  return description;
}

}  // namespace cyto
