#include <charconv>
#include <nlohmann/json.hpp>

#include "core/io/commit_store.h"
#include "core/io/file_bytes.h"
#include "core/io/nd_box.h"
#include "core/io/zarr/hierarchy.h"

namespace cyto::io {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kMostNumbers = 1 << 20;  // of the prompts of one object; people click some tens
constexpr int64_t kMostNotes_bytes = int64_t{1} << 30;

std::string textAt(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

CommitSignature signatureOf(const json& root) {
  const std::string version = textAt(root, "micro_sam_version");
  std::string writer = textAt(root, "cytoclick_version");
  if (writer.empty()) writer = version.empty() ? "micro_sam" : "micro_sam " + version;
  return {textAt(root, "data_signature"), textAt(root, "model_type"), textAt(root, "model_name"),
          textAt(root, "model_hash"), std::move(writer)};
}

std::vector<CommitEntry> historyOf(const json& root, std::vector<std::string>& notices) {
  std::vector<CommitEntry> history;
  const auto found = root.find("commit_history");
  if (found == root.end()) return history;
  try {
    for (const json& entry : *found) {
      for (const auto& [layer, settings] : entry.items()) {
        history.push_back({layer == "auto_segmentation", settings.at("object_ids").get<std::vector<uint32_t>>()});
      }
    }
  } catch (const json::exception&) {
    notices.push_back("Its commit history is damaged after entry " + std::to_string(history.size()) +
                      " and was left out from there.");
  }
  return history;
}

/// The numbers of a small array, and its shape; nothing when there is no such array.
struct Numbers {
  std::vector<int64_t> shape;
  std::vector<double> values;
};

Result<std::optional<Numbers>> numbersAt(const std::shared_ptr<const ChunkStore>& store, const std::string& key) {
  CYTO_ASSIGN(const auto node, zarrNodeAt(*store, key));
  if (!node || !node->isArray) return std::optional<Numbers>();
  CYTO_ASSIGN(const auto array, zarrArray(store, key, *node));
  Numbers numbers;
  numbers.shape = array->shape();
  const int64_t count = elementsOf(numbers.shape);
  if (count < 0 || count > kMostNumbers)
    return cannotRead(store->path() / key, "it has more numbers than prompts have");
  std::vector<std::byte> bytes(static_cast<size_t>(count) * dtypeSize(array->dtype().dtype));
  const std::vector<int64_t> begin(numbers.shape.size(), 0);
  if (count > 0) CYTO_TRY(array->read(begin, numbers.shape, bytes, {}));
  visitDtype(array->dtype().dtype, [&](auto zero) {
    const auto* values = reinterpret_cast<const decltype(zero)*>(bytes.data());
    for (int64_t i = 0; i < count; ++i) numbers.values.push_back(static_cast<double>(values[i]));
  });
  return std::optional(std::move(numbers));
}

std::vector<std::vector<double>> rowsOf(std::span<const double> values, size_t width) {
  std::vector<std::vector<double>> rows;
  for (size_t i = 0; i + width <= values.size(); i += width) {
    rows.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(i),
                      values.begin() + static_cast<std::ptrdiff_t>(i + width));
  }
  return rows;
}

Result<CommitPrompts> promptsAt(const std::shared_ptr<const ChunkStore>& store, const std::string& group, uint32_t id) {
  CommitPrompts prompts;
  prompts.id = id;
  CYTO_ASSIGN(const auto shapes, numbersAt(store, joinedKey(group, "prompts")));
  if (shapes && shapes->shape.size() == 3 && shapes->shape[1] > 0 && shapes->shape[2] > 0) {
    const auto width = static_cast<size_t>(shapes->shape[1] * shapes->shape[2]);
    for (const auto& corners : rowsOf(shapes->values, width)) {
      prompts.shapes.push_back(rowsOf(corners, static_cast<size_t>(shapes->shape[2])));
    }
  } else if (shapes) {
    return cannotRead(store->path() / group, "its shapes are no list of corners");
  }
  CYTO_ASSIGN(const auto points, numbersAt(store, joinedKey(group, "point_prompts")));
  CYTO_ASSIGN(const auto labels, numbersAt(store, joinedKey(group, "point_labels")));
  if (!points) return prompts;
  if (points->shape.size() != 2 || points->shape[1] < 1 || !labels || labels->shape.size() != 1 ||
      labels->shape[0] != points->shape[0]) {
    return cannotRead(store->path() / group, "its points and their labels do not go together");
  }
  prompts.points = rowsOf(points->values, static_cast<size_t>(points->shape[1]));
  for (const double label : labels->values) prompts.isPositive.push_back(label != 0);
  return prompts;
}

Result<std::string> notesOf(const std::shared_ptr<const ChunkStore>& store) {
  CYTO_ASSIGN(const auto node, zarrNodeAt(*store, kCytoclickObjects));
  if (!node || !node->isArray) return std::string();
  CYTO_ASSIGN(const auto array, zarrArray(store, kCytoclickObjects, *node));
  const std::vector<int64_t>& shape = array->shape();
  if (shape.size() != 1 || array->dtype().dtype != Dtype::kUint8 || shape[0] < 0 || shape[0] > kMostNotes_bytes) {
    return cannotRead(store->path() / kCytoclickObjects, "it is no text");
  }
  std::string notes(static_cast<size_t>(shape[0]), '\0');
  if (!notes.empty()) {
    CYTO_TRY(array->read(std::vector<int64_t>{0}, shape, std::as_writable_bytes(std::span(notes)), {}));
  }
  return notes;
}

}  // namespace

bool isCommitStore(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return false;
  const auto node = zarrNodeAt(*folderStore(path), kCommittedObjects);
  return node && *node && (*node)->isArray;
}

Result<CommitRecord> readCommitStore(const fs::path& path, std::vector<std::string>& notices) {
  const auto store = folderStore(path);
  CYTO_ASSIGN(const auto root, zarrNodeAt(*store, ""));
  CommitRecord record;
  const json attributes = root ? root->attributes : json::object();
  record.signature = signatureOf(attributes);
  record.history = historyOf(attributes, notices);
  if (auto notes = notesOf(store)) {
    record.notes = *std::move(notes);
  } else {
    notices.push_back("What Cytoclick noted about its objects was left out: " + notes.error().message() + ".");
  }
  for (const std::string& name : store->foldersIn("prompts")) {
    uint32_t id = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (code != std::errc() || end != name.data() + name.size()) continue;
    auto prompts = promptsAt(store, "prompts/" + name, id);
    if (prompts) {
      record.prompts.push_back(*std::move(prompts));
    } else {
      notices.push_back("The prompts of object " + name + " were left out: " + prompts.error().message() + ".");
    }
  }
  return record;
}

}  // namespace cyto::io
