#include "core/io/zarr/hierarchy.h"

#include "core/io/file_bytes.h"

namespace cyto::io {

using nlohmann::json;

Result<std::optional<ZarrNode>> zarrNodeAt(const ChunkStore& store, const std::string& key) {
  ZarrNode node;
  CYTO_ASSIGN(auto version3, store.json(joinedKey(key, "zarr.json")));
  if (version3) {
    node.version = 3;
    node.isArray = version3->value("node_type", json()) == "array";
    if (const auto attributes = version3->find("attributes");
        attributes != version3->end() && attributes->is_object()) {
      node.attributes = *attributes;
    }
    if (node.isArray) node.metadata = *std::move(version3);
    return std::optional(std::move(node));
  }
  CYTO_ASSIGN(auto array, store.json(joinedKey(key, ".zarray")));
  CYTO_ASSIGN(auto attributes, store.json(joinedKey(key, ".zattrs")));
  if (attributes) node.attributes = *std::move(attributes);
  if (array) {
    node.isArray = true;
    node.metadata = *std::move(array);
    return std::optional(std::move(node));
  }
  CYTO_ASSIGN(const auto group, store.json(joinedKey(key, ".zgroup")));
  if (!group && node.attributes.empty()) return std::optional<ZarrNode>();
  return std::optional(std::move(node));
}

Result<std::shared_ptr<const ChunkedArray>> zarrArray(std::shared_ptr<const ChunkStore> store, const std::string& key,
                                                      const ZarrNode& node) {
  const std::filesystem::path shown = key.empty() ? store->path() : store->path() / key;
  CYTO_ASSIGN(ArrayLayout layout,
              node.version == 3 ? parseZarr3Array(shown, node.metadata) : parseZarr2Array(shown, node.metadata));
  return std::make_shared<const ChunkedArray>(std::move(store), key, std::move(layout));
}

std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 12;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "'" : ", '") + names[i] + "'";
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

}  // namespace cyto::io
