// A project folder:
//
//   NAME.cyto/project.json      see manifest.h
//   NAME.cyto/journal/          see journal.cpp; every edit and every move in the history, in order
//   NAME.cyto/LOCK              see project_lock.cpp
//
// State = replay of the journal from an empty document. A move (undo, redo, jump) is a record whose payload is the u64
// sequence, little-endian, of the step the document stands on afterwards.
//
// Making a folder: 1. a hidden folder is made beside it, 2. manifest and journal are written there and synced, 3. it is
// renamed, 4. the folder around is synced.

#include "core/project/project.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/atomic_file.h"
#include "core/project/manifest.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string moveTarget(uint64_t sequence) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(sequence >> shift);
  return bytes;
}

Result<uint64_t> targetOf(const Record& record) {
  if (record.payload.size() != 8) {
    return Error(ErrorCode::kFormat, "record " + std::to_string(record.sequence) + " of the journal is no move");
  }
  uint64_t target = 0;
  for (size_t i = 0; i < 8; ++i) target |= uint64_t{static_cast<uint8_t>(record.payload[i])} << (8 * i);
  return target;
}

HistoryStep stepOf(const Edit& edit, uint64_t sequence, int64_t time_us) {
  return {sequence, 0, time_us, edit.kind, edit.label, edit.t, edit.z, edit.isAutomatic};
}

Error nothingTo(const std::string& what) { return Error(ErrorCode::kNotFound, "there is nothing to " + what); }

/// Fills a hidden folder beside `folder` and gives it its name at the end.
Status makeFolder(const fs::path& folder, const std::function<Status(const fs::path& hidden)>& fill) {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(folder, failed))) {
    return Error(ErrorCode::kInvalidArgument, "'" + folder.string() + "' exists already; choose another name");
  }
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  const fs::path hidden = parent / ("." + folder.filename().string() + "." + std::to_string(::getpid()) + ".partial");
  fs::remove_all(hidden, failed);
  if (!fs::create_directories(hidden / "journal", failed)) {
    return Error(ErrorCode::kIo, "the project folder '" + folder.string() + "' cannot be made: " + failed.message() +
                                     "; choose another place");
  }
  Status made = fill(hidden);
  if (made) made = syncToDisk(hidden / "journal");
  if (made) made = syncToDisk(hidden);
  if (made) {
    fs::rename(hidden, folder, failed);
    if (failed) {
      made = Error(ErrorCode::kIo, "the project folder '" + folder.string() + "' cannot be made: " + failed.message());
    }
  }
  if (!made) {
    fs::remove_all(hidden, failed);
    return made;
  }
  return syncToDisk(parent);
}

}  // namespace

std::unique_ptr<Project> Project::inMemory(const ImageReference& image) {
  std::unique_ptr<Project> project(new Project());
  project->image_ = image;
  project->document_ = emptyDocument(image.shape, image.scale);
  project->journal_ = createMemoryJournal();
  return project;
}

Result<std::unique_ptr<Project>> Project::create(const fs::path& folder, const ImageReference& image) {
  CYTO_TRY(makeFolder(folder, [&](const fs::path& hidden) -> Status {
    CYTO_TRY(writeManifest(hidden, folder, image));
    CYTO_ASSIGN(const auto journal, Journal::create(hidden / "journal"));
    return {};
  }));
  return open(folder);
}

Result<std::unique_ptr<Project>> Project::open(const fs::path& folder) {
  return open(folder, Journal::Mode::kReadWrite);
}

Result<std::unique_ptr<Project>> Project::open(const fs::path& folder, Journal::Mode wanted) {
  std::unique_ptr<Project> project(new Project());
  std::error_code failed;
  project->folder_ = fs::absolute(folder, failed).lexically_normal();
  CYTO_ASSIGN(project->image_, readManifest(project->folder_));
  project->document_ = emptyDocument(project->image_.shape, project->image_.scale);
  ProjectLock::Attempt attempt =
      wanted == Journal::Mode::kReadOnly
          ? ProjectLock::Attempt{nullptr, "The project was opened only to look at it.", false}
          : ProjectLock::acquire(project->folder_);
  project->lock_ = std::move(attempt.lock);
  project->readOnlyReason_ = attempt.refusal;
  if (!attempt.refusal.empty()) project->notices_.push_back(attempt.refusal);
  if (attempt.isTakenOver) {
    project->notices_.push_back(
        "The program that had this project open ended without closing it; everything it "
        "acknowledged is here.");
  }
  JournalRecovery recovery;
  const auto mode = project->lock_ ? Journal::Mode::kReadWrite : Journal::Mode::kReadOnly;
  const auto visit = [&](const Record& record) { return project->index(record); };
  CYTO_ASSIGN(project->journal_, Journal::open(project->folder_ / "journal", mode, visit, recovery));
  if (recovery.cutBytes > 0 && project->lock_) {
    project->notices_.push_back(
        "The last step was not written completely and had never been confirmed; it was cut off.");
  }
  project->recent_.clear();
  if (project->isBehind_) CYTO_TRY(project->replay());
  return project;
}

// Edits are applied as they come. A move further back than what is kept leaves the document behind; it is then made
// anew when all records were seen.
Status Project::index(const Record& record) {
  records_.push_back({record.sequence, record.kind, record.time_us});
  savedAt_us_ = std::max(savedAt_us_, record.time_us);
  if (record.kind == RecordKind::kEdit) {
    constexpr size_t kKept = 256;
    CYTO_ASSIGN(Edit edit, decodeEdit(record.payload));
    if (!isBehind_) CYTO_TRY(apply(edit, Direction::kForward, document_));
    remember(edit, record.sequence, record.time_us);
    recent_.emplace_back(record.sequence, std::move(edit));
    if (recent_.size() > kKept) recent_.pop_front();
  } else if (record.kind == RecordKind::kMove) {
    CYTO_ASSIGN(const uint64_t target, targetOf(record));
    CYTO_TRY(follow(target));
  }
  return {};
}

Status Project::follow(uint64_t target) {
  CYTO_ASSIGN(const History::Path path, history_.pathTo(target));
  const auto go = [&](const std::vector<uint64_t>& steps, Direction direction) -> Status {
    for (const uint64_t sequence : steps) {
      const auto found =
          std::find_if(recent_.begin(), recent_.end(), [&](const auto& entry) { return entry.first == sequence; });
      isBehind_ = isBehind_ || found == recent_.end();
      if (isBehind_) return {};
      CYTO_TRY(apply(found->second, direction, document_));
    }
    return {};
  };
  CYTO_TRY(go(path.back, Direction::kBackward));
  CYTO_TRY(go(path.forward, Direction::kForward));
  history_.moveTo(target);
  return {};
}

Status Project::replay() {
  document_ = emptyDocument(image_.shape, image_.scale);
  std::vector<uint64_t> line;
  for (uint64_t step = history_.current(); step != 0; step = history_.find(step)->parent) line.push_back(step);
  std::reverse(line.begin(), line.end());
  for (const uint64_t sequence : line) {
    CYTO_ASSIGN(const Edit edit, editAt(sequence));
    CYTO_TRY(apply(edit, Direction::kForward, document_));
  }
  return {};
}

void Project::remember(const Edit& edit, uint64_t sequence, int64_t time_us) {
  history_.add(stepOf(edit, sequence, time_us));
  for (const ObjectChange& change : edit.objects) nextId_ = std::max(nextId_, change.id + 1);
}

Status Project::mayChange() const {
  if (readOnlyReason_.empty()) return {};
  return Error(ErrorCode::kInvalidArgument, readOnlyReason_);
}

Result<uint64_t> Project::write(RecordKind kind, const std::string& payload, int64_t time_us) {
  CYTO_ASSIGN(const uint64_t sequence, journal_->append(kind, payload, time_us));
  records_.push_back({sequence, kind, time_us});
  savedAt_us_ = time_us;
  return sequence;
}

Status Project::perform(const Edit& edit) {
  CYTO_TRY(mayChange());
  // Applied first to learn whether it fits; nobody sees it before it is on disk.
  CYTO_TRY(apply(edit, Direction::kForward, document_));
  const int64_t time_us = now_us();
  const auto sequence = write(RecordKind::kEdit, encodeEdit(edit), time_us);
  if (!sequence) {
    [[maybe_unused]] const Status undone = apply(edit, Direction::kBackward, document_);
    return sequence.error();
  }
  remember(edit, *sequence, time_us);
  return {};
}

Status Project::undo() {
  const auto target = history_.undoTarget();
  return target ? moveTo(*target) : nothingTo("undo");
}

Status Project::redo() {
  const auto target = history_.redoTarget();
  return target ? moveTo(*target) : nothingTo("redo");
}

Status Project::walk(const History::Path& path, Document& document) const {
  for (const uint64_t sequence : path.back) {
    CYTO_ASSIGN(const Edit edit, editAt(sequence));
    CYTO_TRY(apply(edit, Direction::kBackward, document));
  }
  for (const uint64_t sequence : path.forward) {
    CYTO_ASSIGN(const Edit edit, editAt(sequence));
    CYTO_TRY(apply(edit, Direction::kForward, document));
  }
  return {};
}

Status Project::verify(const JobContext& job) const {
  History position = history_;
  Document document = document_;
  ProgressReporter progress(job, "steps", static_cast<int64_t>(history_.steps().size()));
  for (const HistoryStep& step : history_.steps()) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(const History::Path path, position.pathTo(step.sequence));
    if (Status walked = walk(path, document); !walked) {
      return std::move(walked).error().during("step " + std::to_string(step.sequence) + " of the history");
    }
    position.moveTo(step.sequence);
    progress.advance();
  }
  return {};
}

Status Project::moveTo(uint64_t target) {
  CYTO_TRY(mayChange());
  CYTO_ASSIGN(const History::Path path, history_.pathTo(target));
  if (path.back.empty() && path.forward.empty()) return {};
  // A short way is gone in place, which costs what the steps cost; a long one on a copy, which keeps no steps in
  // memory.
  constexpr size_t kShort = 64;
  CYTO_TRY(path.back.size() + path.forward.size() <= kShort ? walkInPlace(path, target) : walkOnCopy(path, target));
  history_.moveTo(target);
  return {};
}

Status Project::walkOnCopy(const History::Path& path, uint64_t target) {
  Document moved = document_;
  CYTO_TRY(walk(path, moved));
  CYTO_TRY(write(RecordKind::kMove, moveTarget(target), now_us()));
  document_ = std::move(moved);
  return {};
}

Status Project::walkInPlace(const History::Path& path, uint64_t target) {
  std::vector<std::pair<Edit, Direction>> done;
  const auto step = [&](uint64_t sequence, Direction direction) -> Status {
    CYTO_ASSIGN(Edit edit, editAt(sequence));
    CYTO_TRY(apply(edit, direction, document_));
    done.emplace_back(std::move(edit), direction);
    return {};
  };
  Status status;
  for (const uint64_t sequence : path.back) {
    if (status) status = step(sequence, Direction::kBackward);
  }
  for (const uint64_t sequence : path.forward) {
    if (status) status = step(sequence, Direction::kForward);
  }
  if (status) {
    const auto written = write(RecordKind::kMove, moveTarget(target), now_us());
    if (written) return {};
    status = written.error();
  }
  // Nothing was promised yet: back to where it was.
  for (auto entry = done.rbegin(); entry != done.rend(); ++entry) {
    const auto opposite = entry->second == Direction::kForward ? Direction::kBackward : Direction::kForward;
    [[maybe_unused]] const Status undone = apply(entry->first, opposite, document_);
  }
  return status;
}

Status Project::copyTo(const fs::path& folder) const {
  return makeFolder(folder, [&](const fs::path& hidden) -> Status {
    CYTO_TRY(writeManifest(hidden, folder, image_));
    CYTO_ASSIGN(const auto journal, Journal::create(hidden / "journal"));
    for (const RecordStamp& record : records_) {
      CYTO_ASSIGN(const std::string payload, journal_->payload(record.sequence));
      CYTO_TRY(journal->append(record.kind, payload, record.time_us));
    }
    return {};
  });
}

// --- looking into a project, and its image that moved ----------------------------------------------------------------

Result<std::unique_ptr<Project>> Project::openForReading(const fs::path& folder) {
  return open(folder, Journal::Mode::kReadOnly);
}

Result<Edit> Project::editAt(uint64_t sequence) const {
  CYTO_ASSIGN(const std::string payload, journal_->payload(sequence));
  return decodeEdit(payload);
}

Result<Record> Project::recordAt(uint64_t sequence) const {
  if (sequence < 1 || sequence > records_.size()) {
    return Error(ErrorCode::kNotFound, "the journal has no record " + std::to_string(sequence));
  }
  const RecordStamp& stamp = records_[sequence - 1];
  CYTO_ASSIGN(std::string payload, journal_->payload(sequence));
  return Record{sequence, stamp.time_us, stamp.kind, std::move(payload)};
}

Result<Document> Project::documentAt(uint64_t sequence) const {
  CYTO_ASSIGN(const History::Path path, history_.pathTo(sequence));
  Document document = document_;
  CYTO_TRY(walk(path, document));
  return document;
}

Status Project::relink(const ImageReference& image) {
  if (image.shape != image_.shape) {
    return Error(ErrorCode::kInvalidArgument, "'" + image.path.string() + "' has the size " + image.shape.text() +
                                                  ", but the image of this project has " + image_.shape.text());
  }
  if (!folder_.empty() && readOnlyReason_.empty()) CYTO_TRY(replaceImage(folder_, image));
  image_ = image;
  return {};
}

}  // namespace cyto
