#include "core/project/exchange/provenance_report.h"

#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/version.h"
#include "core/project/exchange/provenance_json.h"

namespace cyto {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json textOrNull(const std::string& text) { return text.empty() ? json() : json(text); }

json sizeOrNull(double size) { return size > 0 ? json(size) : json(); }

json scaleJson(const PixelScale& scale) {
  return {{"t", sizeOrNull(scale.t)},
          {"z", sizeOrNull(scale.z)},
          {"y", sizeOrNull(scale.y)},
          {"x", sizeOrNull(scale.x)},
          {"space_unit", textOrNull(scale.spaceUnit)},
          {"time_unit", textOrNull(scale.timeUnit)}};
}

}  // namespace

std::string provenanceReport(const Document& document, const ProvenanceContext& context) {
  const Shape& shape = context.image.shape;
  json objects = json::array();
  for (const auto& [id, object] : document.objects) {
    if (!context.labels.empty() && object->state == ObjectState::kProposal) continue;
    objects.push_back(objectJson(*object));
  }
  const json report = {{"format", "cytoclick-provenance"},
                       {"version", 1},
                       {"program", "cytoclick " + std::string(programVersion())},
                       {"project", textOrNull(context.project.string())},
                       {"labels", textOrNull(context.labels.string())},
                       {"state_hash", stateHash(document)},
                       {"image",
                        {{"path", textOrNull(context.image.path.string())},
                         {"key", textOrNull(context.image.key)},
                         {"content_hash", textOrNull(context.image.contentHash)},
                         {"shape", {shape.t, shape.z, shape.y, shape.x}},
                         {"scale", scaleJson(document.settings.scale)}}},
                       {"objects", std::move(objects)}};
  return report.dump(2, ' ', false, json::error_handler_t::replace);
}

std::string objectReport(const ObjectRecord& object) {
  return objectJson(object).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Status writeProvenance(const fs::path& path, const Document& document, const ProvenanceContext& context,
                       bool overwrites) {
  std::error_code failed;
  if (!overwrites && fs::exists(fs::symlink_status(path, failed))) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + path.string() + "' exists already; choose another name or ask for it to be overwritten");
  }
  return writeFileAtomically(path, provenanceReport(document, context) + "\n");
}

}  // namespace cyto
