#pragma once

#include <cstdint>

namespace cyto {

/// What a user did. The numbers are part of the file format.
enum class EditKind : uint8_t {
  kPrompt = 1,   ///< a prompt was added, moved or removed
  kSegment = 2,  ///< prompts were answered, or another alternative was chosen
  kClear = 3,    ///< prompts and current object were dropped
  kCommit = 4,   ///< the current object became an object
  kPaint = 5,
  kErase = 6,
  kFill = 7,
  kDelete = 8,
  kRefine = 9,  ///< an object's prompts came back to be refined
  kClassify = 10,
  kImport = 11,
};

}  // namespace cyto
