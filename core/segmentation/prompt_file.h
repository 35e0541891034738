#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/segmentation/object_prompts.h"

namespace cyto {

/// Prompt file, JSON:
///
///   {"objects": [{"id": 1, "t": 0, "z": 0, "points": [[y, x, 1], [y, x, 0]], "boxes": [[y0, x0, y1, x1]],
///                 "mask": "coarse.tif", "multimask": false}]}
///
/// Coordinates are (y, x) in pixels of the image, pixel centres are integers; a point's third number is 1
/// inside the object and 0 outside. `id` is required, everything else may be left out. An id may be
/// repeated in other planes, not in the same one. Several boxes of an object are pieces of it: each is
/// answered on its own with the positive points inside it and all negative points, and the object is
/// their union. `mask` names an image file relative to the prompt file's folder; every pixel of it that is
/// not 0 belongs to the object. Unknown keys are refused, so that no misspelt prompt is lost.

/// Parses `text`; `file` is named in errors and locates mask files, which must have the rows and columns
/// of `image` and either one plane or as many planes as it. Every object is checked against `image`.
/// Errors: kFormat (not JSON), kInvalidArgument (what is said makes no sense), and those of reading masks.
Result<std::vector<ObjectPrompts>> parsePrompts(const std::string& text, const std::filesystem::path& file,
                                                const Shape& image);

/// Reads and parses a prompt file.
Result<std::vector<ObjectPrompts>> readPromptFile(const std::filesystem::path& file, const Shape& image);

}  // namespace cyto
