#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/io/label_writer.h"

namespace cyto::io {

/// micro-sam's file of committed objects (spec/micro-sam.md §7.6): a zarr v2 store with the signature of image and
/// model in the attributes of the root, the array `committed_objects`, the attribute `commit_history`, and the prompts
/// of each object in prompts/<id>. Coordinates are in pixels of the array, in the order of its axes.

/// What the embeddings were made from; empty texts stand for what is not known and are not written.
struct CommitSignature {
  std::string dataSignature;  ///< hex SHA-1 of the image; micro-sam asks the user when it is another image's
  std::string modelType;      ///< architecture, e.g. "vit_b"
  std::string modelName;
  std::string modelHash;  ///< "xxh128:<32 hex>" of the weights
  std::string writer;     ///< of a store that was read: "micro_sam 1.8.10", or the program's name and version
};

struct CommitEntry {
  bool isAutomatic = false;  ///< from "auto_segmentation", else from "current_object"
  std::vector<uint32_t> ids;
};

/// One object's group; not empty.
struct CommitPrompts {
  using Coordinates = std::vector<double>;
  uint32_t id = 0;
  std::vector<std::vector<Coordinates>> shapes;  ///< the corners of each; all have the same number of them
  std::vector<Coordinates> points;
  std::vector<bool> isPositive;  ///< one per point
};

struct CommitRecord {
  CommitSignature signature;
  std::vector<CommitEntry> history;
  std::vector<CommitPrompts> prompts;
  std::string notes;  ///< what Cytoclick knows of the objects besides, a line for each; may be empty
};

/// kInvalidArgument for a series of volumes, which micro-sam does not know.
Status writeCommitStore(const std::filesystem::path& path, const LabelPixels& labels, const CommitRecord& record,
                        const LabelWriting& writing);

/// Whether a folder is such a store, of any zarr version.
bool isCommitStore(const std::filesystem::path& path);

/// Everything but the pixels. What is damaged beyond the root (micro-sam's commits can stop half way, §7.6) is left
/// out, and `notices` says so. kFormat when the root is damaged.
Result<CommitRecord> readCommitStore(const std::filesystem::path& path, std::vector<std::string>& notices);

/// The array with the labels, for `openImage`.
inline constexpr const char* kCommittedObjects = "committed_objects";

/// The array with `CommitRecord::notes`.
inline constexpr const char* kCytoclickObjects = "cytoclick_objects";

}  // namespace cyto::io
