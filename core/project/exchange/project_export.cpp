#include "core/project/exchange/project_export.h"

#include "core/project/exchange/commit_record.h"
#include "core/project/exchange/label_check.h"
#include "core/project/exchange/volume_pixels.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

/// What OME-Zarr says of each label: only what is not the rule, since there may be very many.
std::map<uint32_t, io::LabelProperties> propertiesOf(const ObjectTable& objects) {
  std::map<uint32_t, io::LabelProperties> properties;
  for (const auto& [id, object] : objects) {
    const bool isVerified = object->state == ObjectState::kVerified;
    if (object->state == ObjectState::kProposal || (object->className.empty() && !isVerified)) continue;
    properties[id] = {object->className, isVerified ? "verified" : "accepted"};
  }
  return properties;
}

Status checkFree(const fs::path& path, bool overwrites) {
  std::error_code failed;
  if (overwrites || !fs::exists(fs::symlink_status(path, failed))) return {};
  return Error(ErrorCode::kInvalidArgument,
               "'" + path.string() + "' exists already; choose another name or ask for it to be overwritten");
}

}  // namespace

Status writeCheckedLabels(const io::LabelPixels& labels, const fs::path& path, LabelFormat format,
                          io::LabelWriting writing, const io::CommitRecord& record, bool overwrites) {
  CYTO_TRY(checkTarget(path));
  CYTO_TRY(checkFree(path, overwrites));
  writing.check = [&](const fs::path& finished) -> Status {
    CYTO_TRY(compareWithFile(finished, path, labels, writing.job));
    return checkFree(path, overwrites);  // somebody else may have taken the name in the meantime
  };
  return writeLabels(path, format, labels, writing, record);
}

Status exportDocument(const Document& document, const fs::path& path, LabelFormat format,
                      const ExportOptions& options) {
  const VolumePixels labels(document.labels);
  io::LabelWriting writing{document.settings.scale, {}, {}, options.job};
  if (format == LabelFormat::kOmeZarr) writing.properties = propertiesOf(document.objects);
  io::CommitRecord record;
  if (format == LabelFormat::kMicroSam) record = commitRecordOf(document, options.signature);
  return writeCheckedLabels(labels, path, format, std::move(writing), record, options.overwrites);
}

}  // namespace cyto
