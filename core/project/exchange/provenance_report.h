#pragma once

#include <filesystem>
#include <string>

#include "core/project/document.h"
#include "core/project/folder/image_reference.h"

namespace cyto {

/// What a side-car says besides the objects.
struct ProvenanceContext {
  std::filesystem::path project;  ///< empty for work in memory
  ImageReference image;
  std::filesystem::path labels;  ///< the label file it goes with; empty when there is none
};

/// The whole story of every object as one JSON document:
///   {"format": "cytoclick-provenance", "version": 1, "program", "project", "labels", "state_hash",
///    "image": {"path", "key", "content_hash", "shape": [t, z, y, x], "scale": {"t", "z", "y", "x", "space_unit",
///    "time_unit"}},
///    "objects": [see core/project/exchange/provenance_json.h]}
/// With a label file, the objects are those whose pixels are in it; without, proposals are among them.
std::string provenanceReport(const Document& document, const ProvenanceContext& context);

/// The story of one object: objectJson as text, indented, with an end of line.
std::string objectReport(const ObjectRecord& object);

/// Writes it; the file appears whole or not at all. Unless `overwrites`, kInvalidArgument when the name is taken.
Status writeProvenance(const std::filesystem::path& path, const Document& document, const ProvenanceContext& context,
                       bool overwrites);

}  // namespace cyto
