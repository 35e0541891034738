#pragma once

#include <filesystem>

#include "core/base/progress.h"
#include "core/io/commit_store.h"
#include "core/project/document.h"
#include "core/segmentation/label_export.h"

namespace cyto {

struct ExportOptions {
  /// Whether an older file of that name is replaced; otherwise it is an error and stays.
  bool overwrites = false;
  /// What goes into a commit store of micro-sam besides labels, prompts and history.
  io::CommitSignature signature;
  JobContext job;
};

/// Writes the labels of a document: accepted and verified objects, no proposals. With them go the scale where the
/// format has a place for it, classes and states in OME-Zarr, prompts, history and provenance in a commit store.
/// The labels are never one block in memory. The finished file is opened again and compared with them pixel by pixel
/// before it gets its name. Errors: kInvalidArgument when the name is taken or the format has no place for these
/// labels; kIo when it cannot be written or does not read back; then nothing is there that was not there before.
Status exportDocument(const Document& document, const std::filesystem::path& path, LabelFormat format,
                      const ExportOptions& options);

/// The part of it that writes, checks and names, for labels from anywhere.
Status writeCheckedLabels(const io::LabelPixels& labels, const std::filesystem::path& path, LabelFormat format,
                          io::LabelWriting writing, const io::CommitRecord& record, bool overwrites);

}  // namespace cyto
