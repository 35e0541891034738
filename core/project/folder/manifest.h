#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/journal/journal_segment.h"
#include "core/project/folder/image_reference.h"

namespace cyto {

/// project.json of a project folder, and project.json.backup, a copy of it:
///   {"format": "cytoclick-project", "version": 2, "created_by": "cytoclick 0.1.0", "created": Unix seconds,
///    "images": [{"path", "relative_path" (to the folder; absent when there is none), "key", "content_hash",
///                "shape": [t, z, y, x], "channels", "dtype",
///                "scale": {"t", "z", "y", "x", "space_unit", "time_unit"}}],
///    "label_layers": ["objects"],
///    "checksum": "xxh128:<32 hex>" of the rest, written without spaces and with sorted keys}
/// Version 1 has no checksum and no backup, and its journal is one file without blocks (journal.cpp) whose edits have
/// no proposals and no settings (edit_format.cpp). A version 1 project that is opened for writing becomes version 2 by
/// replacing the manifest, atomically and before anything else is written; its journal is valid as it is.
inline constexpr int kProjectVersion = 2;

struct Manifest {
  int version = kProjectVersion;
  std::string createdBy;  ///< program and version
  int64_t created_s = 0;  ///< Unix time
  ImageReference image;
  std::filesystem::path imageBeside;  ///< where the image is if it moved with the project; empty when not known
};

/// A manifest of a new project, made now by this program.
Manifest newManifest(const ImageReference& image);

/// Writes it into `folder` in the present version; `finalFolder` is the name the folder will have.
Status writeManifest(const std::filesystem::path& folder, const std::filesystem::path& finalFolder,
                     const Manifest& manifest);

struct ReadManifest {
  Manifest manifest;
  std::optional<Damage> damage;  ///< of project.json; what was read is the backup then
  bool hasBackup = false;        ///< a backup that is the same as project.json
};

/// When the image is not at its absolute path but at the relative one, that is given. kNotFound when there is no
/// manifest, kFormat when it and its backup are damaged (with file and offset), or newer than this program.
Result<ReadManifest> readManifest(const std::filesystem::path& folder);

}  // namespace cyto
