#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/progress.h"
#include "core/project/edit.h"

namespace cyto {

struct ImportOptions {
  std::string key;           ///< data set inside a container
  bool asProposals = false;  ///< to be looked at and accepted; else they are accepted objects at once
  Provenance who;            ///< user, time and program of whoever imports
  JobContext job;
};

/// Labels of a file as one edit of a document, with what a user has to be told.
struct LabelImport {
  Edit edit;                   ///< without objects when nothing came in; then there is nothing to perform
  int64_t objects = 0;         ///< that came in
  int64_t renumbered = 0;      ///< of these, those whose id in the file could not be kept
  int64_t objectsLeftOut = 0;  ///< that had no pixel on background
  int64_t pixels = 0;
  int64_t pixelsLeftOut = 0;  ///< that belong to other objects already
  std::vector<std::string> notices;
};

/// Reads labels that lie over the image of `document`: TIFF, OME-Zarr, NPY, PNG, a commit store of micro-sam (with its
/// prompts and history), and every other format that is opened. The document is not changed.
///   - Only background pixels are taken: of `labels`, or of `proposals` when they become proposals. What is there
///   stays.
///   - An id of the file is kept unless it may have been used in the project (it is below `nextId`: ids are never used
///     again) or is above 2,147,483,647, beyond which neither the project nor other programs count on; such objects get
///     new ids, in the order of those in the file. Ids of up to 64 bits are read, and whole numbers stored as floats.
///   - Classes come from OME-Zarr's label properties and from Cytoclick's own notes in commit stores; states do not:
///     that an object is verified is said by a person, here.
/// Errors: kInvalidArgument, with both shapes, when the file does not fit the image; kFormat for negative or fractional
/// ids; those of reading. Memory: what the edit needs and a few blocks of pixels.
Result<LabelImport> importLabels(const Document& document, uint32_t nextId, const std::filesystem::path& path,
                                 const ImportOptions& options);

/// "57 objects came in from 'labels.tif', 3 of them with new ids; 12 pixels and 1 object were left out …".
std::string importSummary(const LabelImport& import, const std::filesystem::path& path);

}  // namespace cyto
