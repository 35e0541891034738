#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/project/exchange/project_export.h"
#include "core/project/exchange/provenance_report.h"
#include "core/project/folder/image_reference.h"

namespace cyto {

/// `exportDocument` with all that a session knows: for a commit store of micro-sam it also states the image (the SHA-1
/// of all pixels, for which the image is read once) and the model that made most of the objects. When the image cannot
/// be read or has another size than the project's, the image stays unstated, so that micro-sam asks before it goes on
/// with the store; `notices` says so.
Status exportLabelsOf(const Document& document, const ImageReference& image, const std::filesystem::path& path,
                      LabelFormat format, bool overwrites, std::vector<std::string>& notices, const JobContext& job);

/// Writes the provenance that goes with a label file just written; an older one is replaced.
Status writeSideCar(const std::filesystem::path& path, const Document& document, ProvenanceContext context);

}  // namespace cyto
