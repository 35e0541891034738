#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/io/zarr/chunk_store.h"
#include "core/io/zarr/chunked_array.h"

namespace cyto::io {

/// A group or array of a zarr store of either version, with its attributes.
struct ZarrNode {
  int version = 2;
  bool isArray = false;
  nlohmann::json metadata = nlohmann::json::object();  ///< of the array; empty for groups
  nlohmann::json attributes = nlohmann::json::object();
};

/// Nothing when there is neither a group nor an array at `key`.
Result<std::optional<ZarrNode>> zarrNodeAt(const ChunkStore& store, const std::string& key);

/// Opens the array of a node.
Result<std::shared_ptr<const ChunkedArray>> zarrArray(std::shared_ptr<const ChunkStore> store, const std::string& key,
                                                      const ZarrNode& node);

/// "'a', 'b' and 3 more" for messages.
std::string listed(const std::vector<std::string>& names);

}  // namespace cyto::io
