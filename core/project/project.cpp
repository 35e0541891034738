#include "core/project/project.h"

#include <chrono>
#include <utility>

#include "core/journal/crc32c.h"
#include "core/project/folder/project_folder.h"
#include "core/project/project_repair.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

Error nothingTo(const std::string& what) { return Error(ErrorCode::kNotFound, "there is nothing to " + what); }

}  // namespace

std::unique_ptr<Project> Project::inMemory(const ImageReference& image) {
  std::unique_ptr<Project> project(new Project());
  project->manifest_ = newManifest(image);
  project->document_ = emptyDocument(image.shape, image.scale);
  project->journal_ = createMemoryJournal();
  return project;
}

Result<std::unique_ptr<Project>> Project::create(const fs::path& folder, const ImageReference& image) {
  CYTO_TRY(ProjectFolder::make(folder, [&](const fs::path& hidden) -> Status {
    CYTO_TRY(writeManifest(hidden, folder, newManifest(image)));
    CYTO_ASSIGN(const auto journal, Journal::create(ProjectFolder::journal(hidden)));
    return {};
  }));
  auto project = open(folder);
  if (project && (*project)->readOnlyReason().empty()) return project;
  Error error = project ? Error(ErrorCode::kIo, (*project)->readOnlyReason()) : std::move(project).error();
  project = error;
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return error;
}

Project::~Project() {
  const bool mayWrite = upkeep_ && readOnlyReason_.empty();
  if (mayWrite && group_) [[maybe_unused]]
    const Status safe = endGroup();
  if (mayWrite && upkeep_->isWorthIt()) {
    upkeep_->begin(checkpoint());
    // Nothing is lost without it.
    [[maybe_unused]] const Status tried = upkeep_->finish();
  }
}

Status Project::mayChange() const {
  if (readOnlyReason_.empty()) return {};
  return Error(ErrorCode::kInvalidArgument, readOnlyReason_);
}

Result<uint64_t> Project::write(RecordKind kind, const std::string& payload, int64_t time_us) {
  CYTO_ASSIGN(const uint64_t sequence, journal_->append(kind, payload, time_us));
  if (!group_) CYTO_TRY(journal_->sync());
  savedAt_us_ = time_us;
  return sequence;
}

Status Project::perform(const Edit& edit) {
  CYTO_TRY(mayChange());
  // Applied first to learn whether it fits; nobody sees it before it is on disk.
  CYTO_TRY(apply(edit, Direction::kForward, document_));
  const int64_t time_us = now_us();
  const std::string payload = encodeEdit(edit);
  const auto sequence = write(RecordKind::kEdit, payload, time_us);
  if (!sequence) {
    [[maybe_unused]] const Status undone = apply(edit, Direction::kBackward, document_);
    return sequence.error();
  }
  history_.add(stepOf(edit, *sequence, time_us));
  nextId_ = nextIdAfter(edit, nextId_);
  recent_.add(*sequence, std::make_shared<const Edit>(edit), payload.size());
  keepUp();
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

Status Project::verify(const JobContext& job) const {
  if (!damages_.empty()) return Error(ErrorCode::kFormat, damages_.front().text());
  Restoration again(*journal_, emptyDocument(image().shape, image().scale), Restoration::Mode::kExact);
  std::vector<Damage> damages;
  CYTO_TRY(journal_->readFrom(
      1,
      [&](const Record& record) -> Status {
        CYTO_TRY(job.cancel.check());
        return again.take(record);
      },
      damages));
  if (!damages.empty()) return Error(ErrorCode::kFormat, damages.front().text());
  CYTO_TRY(again.finish());
  if (stateHash(again.document()) != stateHash(document_)) {
    return Error(ErrorCode::kFormat,
                 "the journal in '" + folder_.string() + "' gives another state than its checkpoint");
  }
  History position = history_;
  Document document = document_;
  ProgressReporter progress(job, "steps", static_cast<int64_t>(history_.steps().size()));
  for (const HistoryStep& step : history_.steps()) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(const History::Path path, position.pathTo(step.sequence));
    if (Status walked = walk(*journal_, path, document); !walked) {
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
  keepUp();
  return {};
}

Status Project::walkOnCopy(const History::Path& path, uint64_t target) {
  Document moved = document_;
  CYTO_TRY(walk(*journal_, path, moved));
  CYTO_TRY(write(RecordKind::kMove, encodeMove(target), now_us()));
  document_ = std::move(moved);
  return {};
}

Result<RecentEdits::EditPtr> Project::recentEdit(uint64_t sequence) {
  if (RecentEdits::EditPtr held = recent_.find(sequence)) return held;
  CYTO_ASSIGN(const Record record, journal_->read(sequence));
  CYTO_ASSIGN(Edit read, decodeEdit(record.payload));
  auto edit = std::make_shared<const Edit>(std::move(read));
  recent_.add(sequence, edit, record.payload.size());
  return RecentEdits::EditPtr(std::move(edit));
}

Status Project::walkInPlace(const History::Path& path, uint64_t target) {
  std::vector<std::pair<RecentEdits::EditPtr, Direction>> done;
  const auto step = [&](uint64_t sequence, Direction direction) -> Status {
    CYTO_ASSIGN(RecentEdits::EditPtr taken, recentEdit(sequence));
    CYTO_TRY(apply(*taken, direction, document_));
    done.emplace_back(std::move(taken), direction);
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
    const auto written = write(RecordKind::kMove, encodeMove(target), now_us());
    if (written) return {};
    status = written.error();
  }
  // Nothing was promised yet: back to where it was.
  for (auto entry = done.rbegin(); entry != done.rend(); ++entry) {
    [[maybe_unused]] const Status undone = apply(*entry->first, opposite(entry->second), document_);
  }
  return status;
}

void Project::beginGroup() {
  if (!group_) group_ = GroupStart{document_, history_.mark(), nextId_, savedAt_us_};
}

Status Project::endGroup() {
  if (!group_) return {};
  GroupStart start = *std::exchange(group_, std::nullopt);
  Status synced = journal_->sync();
  if (!synced) {
    document_ = std::move(start.document);
    history_.forgetSince(std::move(start.history));
    nextId_ = start.nextId;
    savedAt_us_ = start.savedAt_us;
    recent_.clear();
    return synced;
  }
  keepUp();
  return {};
}

// A group is not safe yet, and a checkpoint must not be ahead of the journal.
void Project::keepUp() {
  if (upkeep_ && !group_ && upkeep_->isDue()) upkeep_->begin(checkpoint());
}

Checkpoint Project::checkpoint() const {
  const uint64_t sequence = lastSequence();
  const auto record = journal_->read(sequence);
  return {sequence, record ? record->time_us : 0, record ? crc32c(record->payload) : 0, nextId_, history_, document_};
}

Status Project::compact() {
  CYTO_TRY(mayChange());
  if (!upkeep_) return {};
  CYTO_TRY(endGroup());
  // What failed before is tried again now.
  [[maybe_unused]] const Status earlier = upkeep_->finish();
  CYTO_TRY(journal_->startSegment());
  if (lastSequence() > 0) upkeep_->begin(checkpoint());
  CYTO_TRY(upkeep_->finish());
  while (const auto packing = journal_->nextPacking()) {
    CYTO_TRY(packing->run());
    CYTO_TRY(journal_->finishPacking(*packing));
  }
  return {};
}

Status Project::copyTo(const fs::path& folder) const {
  return ProjectFolder::make(folder, [&](const fs::path& hidden) -> Status {
    CYTO_TRY(writeManifest(hidden, folder, manifest_));
    CYTO_ASSIGN(const auto journal, Journal::create(ProjectFolder::journal(hidden), Journal::Filling::kAtOnce));
    if (!damages_.empty()) return writeRepaired(*journal_, image(), document_, *journal);
    std::vector<Damage> damages;
    CYTO_TRY(journal_->readFrom(
        1,
        [&](const Record& record) -> Status {
          CYTO_TRY(journal->append(record.kind, record.payload, record.time_us));
          return {};
        },
        damages));
    if (!damages.empty()) return Error(ErrorCode::kFormat, damages.front().text());
    return journal->sync();
  });
}

// --- looking into a project, and its image that moved ----------------------------------------------------------------

Result<std::unique_ptr<Project>> Project::openForReading(const fs::path& folder) {
  return open(folder, Journal::Mode::kReadOnly, {});
}

Result<Edit> Project::editAt(uint64_t sequence) const {
  if (!history_.find(sequence)) {
    return Error(ErrorCode::kNotFound, "the history has no step " + std::to_string(sequence));
  }
  CYTO_ASSIGN(const Record record, journal_->read(sequence));
  return decodeEdit(record.payload);
}

Result<Record> Project::recordAt(uint64_t sequence) const { return journal_->read(sequence); }

Result<Document> Project::documentAt(uint64_t sequence) const {
  CYTO_ASSIGN(const History::Path path, history_.pathTo(sequence));
  Document document = document_;
  CYTO_TRY(walk(*journal_, path, document));
  return document;
}

Status Project::relink(const ImageReference& image) {
  if (image.shape != this->image().shape) {
    return Error(ErrorCode::kInvalidArgument, "'" + image.path.string() + "' has the size " + image.shape.text() +
                                                  ", but the image of this project has " + this->image().shape.text());
  }
  Manifest manifest = manifest_;
  manifest.image = image;
  if (!folder_.empty() && readOnlyReason_.empty()) CYTO_TRY(writeManifest(folder_, folder_, manifest));
  manifest_ = std::move(manifest);
  return {};
}

}  // namespace cyto
