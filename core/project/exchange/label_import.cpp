#include "core/project/exchange/label_import.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "core/io/label_reader.h"
#include "core/project/exchange/commit_record.h"
#include "core/project/exchange/english.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kSide = LabelVolume::kChunkSide;
constexpr uint64_t kLargestKeptId = 2147483647;

/// One id of the file.
struct FileObject {
  uint64_t id = 0;
  int64_t area = 0;  ///< of the pixels that are taken
  int64_t leftOut = 0;
  Box bounds;
  uint32_t newId = 0;
};

void extend(Box& bounds, int64_t t, int64_t z, int64_t y, int64_t x0, int64_t x1) {
  if (bounds.isEmpty()) {
    bounds = {{t, z, y, x0}, {t + 1, z + 1, y + 1, x1}};
    return;
  }
  bounds.begin = {std::min(bounds.begin.t, t), std::min(bounds.begin.z, z), std::min(bounds.begin.y, y),
                  std::min(bounds.begin.x, x0)};
  bounds.end = {std::max(bounds.end.t, t + 1), std::max(bounds.end.z, z + 1), std::max(bounds.end.y, y + 1),
                std::max(bounds.end.x, x1)};
}

/// Finds what is taken, one pass over the file. Until all ids are known, the runs carry places in the list of objects,
/// counted from 1.
class TakenPixels {
 public:
  TakenPixels(const LabelVolume& there, const io::LabelReader& file) : there_(there), file_(file) {}

  Status read(const JobContext& job) {
    const std::vector<Box> blocks = file_.blocks();
    ProgressReporter progress(job, "blocks", static_cast<int64_t>(blocks.size()));
    for (const Box& box : blocks) {
      CYTO_TRY(job.cancel.check());
      CYTO_TRY(file_.read(box, ids_, {job.cancel, {}}));
      visitBlock(box);
      progress.advance();
    }
    std::sort(delta_.chunks.begin(), delta_.chunks.end(),
              [](const ChunkDelta& a, const ChunkDelta& b) { return a.chunk < b.chunk; });
    return {};
  }

  std::vector<FileObject>& objects() { return objects_; }

  LabelDelta takeDelta() {
    for (ChunkDelta& chunk : delta_.chunks) {
      for (LabelRun& run : chunk.runs) run.after = objects_[run.after - 1].newId;
    }
    return std::move(delta_);
  }

 private:
  // Blocks begin at borders of chunks, so a chunk lies in one block.
  void visitBlock(const Box& box) {
    const Shape extent = box.shape();
    size_t offset = 0;
    for (int64_t t = box.begin.t; t < box.end.t; ++t) {
      for (int64_t z = box.begin.z; z < box.end.z; ++z, offset += static_cast<size_t>(extent.y * extent.x)) {
        for (int64_t row = box.begin.y / kSide; row * kSide < box.end.y; ++row) {
          for (int64_t column = box.begin.x / kSide; column * kSide < box.end.x; ++column) {
            visitChunk({t, z, row, column}, box, offset);
          }
        }
      }
    }
  }

  void visitChunk(const ChunkKey& key, const Box& box, size_t offset) {
    const PlaneBox part = there_.boxOf(key);
    ChunkReader there = there_.chunk(key);
    ChunkDelta delta{key, {}};
    for (int64_t y = part.y0; y < part.y1; ++y) {
      const uint64_t* row = ids_.data() + offset + (y - box.begin.y) * box.shape().x + part.x0 - box.begin.x;
      const uint32_t* old = there ? there.row(y - part.y0) : nullptr;
      visitRow(key, y, {row, static_cast<size_t>(part.width())}, old, delta);
    }
    if (!delta.runs.empty()) delta_.chunks.push_back(std::move(delta));
  }

  void visitRow(const ChunkKey& key, int64_t y, std::span<const uint64_t> row, const uint32_t* old, ChunkDelta& delta) {
    for (size_t i = 0; i < row.size();) {
      const bool isFree = old == nullptr || old[i] == 0;
      size_t end = i + 1;
      while (end < row.size() && row[end] == row[i] && (old == nullptr || old[end] == 0) == isFree) ++end;
      if (row[i] != 0) {
        const uint32_t place = placeOf(row[i]);
        FileObject& object = objects_[place - 1];
        const auto length = static_cast<int64_t>(end - i);
        if (isFree) {
          const int64_t x = key.column * kSide + static_cast<int64_t>(i);
          extend(object.bounds, key.t, key.z, y, x, x + length);
          object.area += length;
          append(delta, static_cast<uint32_t>(y % kSide * kSide + static_cast<int64_t>(i)),
                 static_cast<uint32_t>(length), place);
        } else {
          object.leftOut += length;
        }
      }
      i = end;
    }
  }

  static void append(ChunkDelta& delta, uint32_t start, uint32_t length, uint32_t place) {
    if (!delta.runs.empty() && delta.runs.back().start + delta.runs.back().length == start &&
        delta.runs.back().after == place) {
      delta.runs.back().length += length;
    } else {
      delta.runs.push_back({start, length, 0, place});
    }
  }

  uint32_t placeOf(uint64_t id) {
    if (id == lastId_) return lastPlace_;
    const auto [entry, isNew] = places_.try_emplace(id, static_cast<uint32_t>(objects_.size() + 1));
    if (isNew) objects_.push_back({id, 0, 0, {}, 0});
    lastId_ = id;
    lastPlace_ = entry->second;
    return lastPlace_;
  }

  const LabelVolume& there_;
  const io::LabelReader& file_;
  std::vector<uint64_t> ids_;
  std::vector<FileObject> objects_;
  std::unordered_map<uint64_t, uint32_t> places_;
  uint64_t lastId_ = 0;
  uint32_t lastPlace_ = 0;
  LabelDelta delta_;
};

/// Gives objects that come in the ids they will have.
Status chooseIds(std::vector<FileObject>& objects, uint32_t nextId, LabelImport& import) {
  uint64_t next = nextId;
  std::vector<FileObject*> others;
  for (FileObject& object : objects) {
    import.pixels += object.area;
    import.pixelsLeftOut += object.leftOut;
    if (object.area == 0) {
      ++import.objectsLeftOut;
      continue;
    }
    ++import.objects;
    if (object.id < nextId || object.id > kLargestKeptId) {
      others.push_back(&object);
      continue;
    }
    object.newId = static_cast<uint32_t>(object.id);
    next = std::max(next, object.id + 1);
  }
  if (next + others.size() > UINT32_MAX) {
    return Error(ErrorCode::kInvalidArgument,
                 "the project has no ids left for " + counted(static_cast<int64_t>(others.size()), "object") +
                     "; export its labels with new ids and begin another project with them");
  }
  std::sort(others.begin(), others.end(), [](const FileObject* a, const FileObject* b) { return a->id < b->id; });
  for (FileObject* object : others) object->newId = static_cast<uint32_t>(next++);
  import.renumbered = static_cast<int64_t>(others.size());
  return {};
}

/// Makes the record of each object.
class Records {
 public:
  Records(const fs::path& path, const ImportOptions& options, const Shape& shape) : options_(options) {
    std::error_code failed;
    source_ = fs::absolute(path, failed).lexically_normal().string();
    if (!options.key.empty()) source_ += ":" + options.key;
    properties_ = io::labelPropertiesOf(path, options.key);
    shape_ = shape;
  }

  Status readCommit(const fs::path& path, std::vector<std::string>& notices) {
    if (!options_.key.empty() || !io::isCommitStore(path)) return {};
    CYTO_ASSIGN(commit_, io::readCommitStore(path, notices));
    reading_.emplace(*commit_, shape_, options_.who);
    return {};
  }

  void prepare(const std::vector<FileObject>& objects) {
    for (const FileObject& object : objects) {
      if (object.newId != 0) newIds_[object.id] = object.newId;
    }
  }

  std::shared_ptr<const ObjectRecord> of(const FileObject& object, std::vector<std::string>& notices) const {
    ObjectRecord record;
    record.provenance = options_.who;
    if (reading_ && object.id <= UINT32_MAX) record = reading_->of(static_cast<uint32_t>(object.id), notices);
    if (const auto found = properties_.find(object.id); found != properties_.end()) {
      record.className = found->second.className;
    }
    record.id = object.newId;
    record.area = object.area;
    record.bounds = object.bounds;
    record.state = options_.asProposals ? ObjectState::kProposal : ObjectState::kAccepted;
    Provenance& provenance = record.provenance;
    provenance.source = source_;
    if (!provenance.prompts.isEmpty()) provenance.prompts.id = object.newId;
    // Parents are told by their ids in the file, and those that did not come in are not in this project.
    std::vector<uint32_t> parents;
    for (const uint32_t parent : provenance.parents) {
      if (const auto found = newIds_.find(parent); found != newIds_.end()) parents.push_back(found->second);
    }
    provenance.parents = std::move(parents);
    return std::make_shared<const ObjectRecord>(std::move(record));
  }

 private:
  const ImportOptions& options_;
  std::string source_;
  Shape shape_;
  std::map<uint64_t, io::LabelProperties> properties_;
  std::optional<io::CommitRecord> commit_;
  std::optional<CommitReading> reading_;
  std::unordered_map<uint64_t, uint32_t> newIds_;
};

std::string nameOf(const fs::path& path) {
  return (path.filename().empty() ? path.parent_path() : path).filename().string();
}

}  // namespace

Result<LabelImport> importLabels(const Document& document, uint32_t nextId, const fs::path& path,
                                 const ImportOptions& options) {
  const LabelVolume& there = options.asProposals ? document.proposals : document.labels;
  CYTO_ASSIGN(const io::LabelReader file, io::LabelReader::open(path, options.key, there.shape()));
  LabelImport import;
  Records records(path, options, there.shape());
  CYTO_TRY(records.readCommit(path, import.notices));
  TakenPixels taken(there, file);
  CYTO_TRY(taken.read(options.job));
  std::vector<FileObject>& objects = taken.objects();
  CYTO_TRY(chooseIds(objects, nextId, import));
  records.prepare(objects);
  for (const FileObject& object : objects) {
    if (object.newId == 0) continue;
    import.edit.objects.push_back({object.newId, nullptr, records.of(object, import.notices)});
  }
  std::sort(import.edit.objects.begin(), import.edit.objects.end(),
            [](const ObjectChange& a, const ObjectChange& b) { return a.id < b.id; });
  (options.asProposals ? import.edit.proposals : import.edit.labels) = taken.takeDelta();
  import.edit.kind = EditKind::kImport;
  import.edit.label = "import of " + counted(import.objects, "object") + " from '" + nameOf(path) + "'";
  if (!import.edit.objects.empty()) {
    import.edit.t = import.edit.objects.front().after->bounds.begin.t;
    import.edit.z = import.edit.objects.front().after->bounds.begin.z;
  }
  return import;
}

std::string importSummary(const LabelImport& import, const fs::path& path) {
  std::string text = counted(import.objects, "object") + " came in from '" + path.string() + "'";
  if (import.renumbered > 0) text += ", " + std::to_string(import.renumbered) + " of them with new ids";
  if (import.pixelsLeftOut == 0) return text;
  text += "; " + counted(import.pixelsLeftOut, "pixel");
  if (import.objectsLeftOut > 0) text += ", among them all of " + counted(import.objectsLeftOut, "object") + ",";
  return text + (import.pixelsLeftOut == 1 ? " was" : " were") + " left out: other objects have them already";
}

}  // namespace cyto
