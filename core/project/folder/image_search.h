#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/project/folder/image_reference.h"

namespace cyto {

/// Where the image of a project is now.
struct FoundImage {
  ImageReference image;  ///< as it was asked for, with the path to use; nothing may be there
  bool hasMoved = false;
  std::vector<std::string> notices;  ///< sentences about a move, or about a content that is not what it was
};

/// Finds an image that may have moved. Where it was, and where it would be if it had moved with the project, comes
/// first, then its name in the project's folder, in the two folders around that, and in the folders directly in those;
/// a few hundred of them are looked at, nothing deeper. Only an image of the same shape and content counts; when the
/// content was never read, one of the same name and shape.
FoundImage findImage(const ImageReference& image, const std::filesystem::path& projectFolder);

/// The image of a project at the place that a user names: a file or store, or a folder that has it directly inside,
/// under any name, or under its name one folder deeper. kNotFound when it is not there; kInvalidArgument for an image
/// of another shape, and for one of another content unless `anyContent`.
Result<ImageReference> imageAt(const ImageReference& image, const std::filesystem::path& place, bool anyContent);

}  // namespace cyto
