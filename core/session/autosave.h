#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace cyto {

/// Where work is kept until a user gives it a place: $XDG_DATA_HOME/cytoclick/projects, by default
/// ~/.local/share/cytoclick/projects. Need not exist.
std::filesystem::path autosaveFolder();

/// The project in `folder` that belongs to an image: named after the image and its content, so that opening the same
/// image again finds its work. Need not exist.
Result<std::filesystem::path> autosaveProject(const std::filesystem::path& folder, const std::filesystem::path& image);

/// Whether a path is a project folder.
bool isProject(const std::filesystem::path& path);

}  // namespace cyto
