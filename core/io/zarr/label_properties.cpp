#include <nlohmann/json.hpp>

#include "core/io/label_reader.h"
#include "core/io/zarr/hierarchy.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

std::map<uint64_t, LabelProperties> labelPropertiesOf(const fs::path& path, const std::string& key) {
  std::map<uint64_t, LabelProperties> all;
  std::error_code error;
  if (!fs::is_directory(path, error)) return all;
  const auto node = zarrNodeAt(*folderStore(path), key);
  if (!node || !*node) return all;
  // Version 0.5 keeps everything under "ome".
  const json& attributes = (*node)->attributes;
  const auto ome = attributes.find("ome");
  const json& owner = ome != attributes.end() && ome->is_object() ? *ome : attributes;
  const auto label = owner.find("image-label");
  if (label == owner.end() || !label->is_object()) return all;
  const auto properties = label->find("properties");
  if (properties == label->end() || !properties->is_array()) return all;
  for (const json& entry : *properties) {
    if (!entry.is_object()) continue;
    const auto value = entry.find("label-value");
    if (value == entry.end() || !value->is_number_unsigned()) continue;
    const auto text = [&](const char* name) {
      const auto found = entry.find(name);
      return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    all[value->get<uint64_t>()] = {text("class"), text("state")};
  }
  return all;
}

}  // namespace cyto::io
