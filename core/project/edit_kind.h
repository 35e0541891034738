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
  kPropose = 12,  ///< an automatic result came in as proposals
  kAccept = 13,   ///< proposals became objects
  kReject = 14,
  kVerify = 15,
  kUnverify = 16,
  kMergeObjects = 17,
  kSplit = 18,
  kSettings = 19,
  kMergeProjects = 20,  ///< the work of another annotator came in
  kRestore = 21,        ///< a state whose steps are lost
};

}  // namespace cyto
