#pragma once

#include <filesystem>

#include "core/base/result.h"
#include "core/project/image_reference.h"

namespace cyto {

/// project.json of a project folder. Version 1:
///   {"format": "cytoclick-project", "version": 1, "created_by": "cytoclick 0.1.0", "created": Unix seconds,
///    "images": [{"path", "relative_path" (to the folder; absent when there is none), "key", "content_hash",
///                "shape": [t, z, y, x], "channels", "dtype",
///                "scale": {"t", "z", "y", "x", "space_unit", "time_unit"}}],
///    "label_layers": ["objects"]}
inline constexpr int kProjectVersion = 1;

/// Writes it into `folder`; `finalFolder` is the name the folder will have.
Status writeManifest(const std::filesystem::path& folder, const std::filesystem::path& finalFolder,
                     const ImageReference& image);

/// The image of the project. When it is not at its absolute path but at the relative one, that is given. kNotFound when
/// there is no manifest, kFormat when it is damaged or newer than this program.
Result<ImageReference> readManifest(const std::filesystem::path& folder);

/// Names another image in a manifest that exists; everything else in it stays. Whole or not at all.
Status replaceImage(const std::filesystem::path& folder, const ImageReference& image);

/// Where the image would be if it had moved together with the project; empty when that is not known.
std::filesystem::path imageBesideProject(const std::filesystem::path& folder);

}  // namespace cyto
