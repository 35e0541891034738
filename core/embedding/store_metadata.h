#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "core/embedding/store_description.h"

namespace cyto {

/// Between descriptions and the JSON of a store. Only core/embedding uses this.

/// plan.json: the description in full.
nlohmann::json planOf(const StoreDescription& description);
/// Errors: kFormat that names `path`.
Result<StoreDescription> descriptionFromPlan(const nlohmann::json& plan, const std::filesystem::path& path);

/// Root attributes of a complete store. The sizes are null for tiled stores.
nlohmann::json rootAttributes(const StoreDescription& description, const std::optional<Extent2>& inputSize,
                              const std::optional<Extent2>& originalSize);
/// Attributes of the group of a tiled store.
nlohmann::json tiledGroupAttributes(const StoreLayout& layout);

/// The description of a complete store of any writer, from its attributes and arrays.
Result<StoreDescription> describeCompleteStore(const std::filesystem::path& store, int zarrFormat,
                                               const nlohmann::json& root);

/// [rows, columns] as written by micro-sam. Errors: kFormat that names `path` and the key.
Result<Extent2> extentFrom(const nlohmann::json& attributes, const std::string& key, const std::filesystem::path& path);

}  // namespace cyto
