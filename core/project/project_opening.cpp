// A project folder:
//
//   NAME.cyto/project.json      and project.json.backup, see manifest.h
//   NAME.cyto/journal/          see journal.cpp; every edit and every move in the history, in order
//   NAME.cyto/checkpoint        see checkpoint.cpp; the state at one record of the journal; may be missing
//   NAME.cyto/LOCK              see project_lock.cpp
//
// The protocol:
//
//   1. State = the edits of the journal, applied one after the other to an empty document. A move (undo, redo, jump) is
//      a record too: its payload is the u64 sequence, little-endian, of the step the document stands on afterwards.
//   2. An edit is applied in memory to see that it fits, appended to the journal, synced, and only then acknowledged
//      and shown. Edits of a group share one sync. What cannot be written or synced is taken back in memory.
//   3. A checkpoint saves replaying what came before it. It is written beside and renamed, after the records it covers
//      were synced; the records stay. A checkpoint that is damaged or not of this journal is not used and replaced by
//      the next.
//   4. Packing the journal (journal.cpp) drops no record, so no state that can be reached is ever dropped: neither
//      steps that were undone nor branches.
//   5. Opening: a. read the manifest, or its backup; b. take the lock, or open read-only, and with it remove temporary
//      files of writers that were interrupted; c. read the checkpoint; d. check every byte of the journal and cut a
//      torn tail; e. take the records after the checkpoint, or all.
//   6. When something is damaged, what can be read is opened read-only: from the checkpoint when that is whole, else
//      the edits that still fit one another. Nothing in the folder is changed. A repaired copy can be written.
//   7. A folder of version 1 becomes version 2 by replacing its manifest (manifest.h), after the lock is taken and
//      before anything else is written; where that fails it can only be looked at.
//   8. A folder is made under a hidden name: manifest and journal are written there and synced, it is renamed, and the
//      folder around is synced. So are folders around it that had to be made. Where any of it fails it is removed.

#include "core/journal/crc32c.h"
#include "core/project/folder/project_folder.h"
#include "core/project/project.h"

namespace cyto {

namespace fs = std::filesystem;

Result<std::unique_ptr<Project>> Project::open(const fs::path& folder, const UpkeepOptions& upkeep) {
  return open(folder, Journal::Mode::kReadWrite, upkeep);
}

Result<std::unique_ptr<Project>> Project::open(const fs::path& folder, Journal::Mode wanted,
                                               const UpkeepOptions& upkeep) {
  std::unique_ptr<Project> project(new Project());
  std::error_code failed;
  project->folder_ = fs::absolute(folder, failed).lexically_normal();
  CYTO_ASSIGN(ReadManifest read, readManifest(project->folder_));
  project->manifest_ = std::move(read.manifest);
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
  if (read.damage) {
    project->notices_.push_back("Its backup was used, because " + read.damage->text() + ".");
  }
  if (project->lock_) ProjectFolder::removeLeftovers(project->folder_);
  if (project->lock_) project->renewManifest(read);
  // Before the journal: a program that writes beside us syncs the journal before its checkpoint.
  auto checkpoint = readCheckpoint(ProjectFolder::checkpoint(project->folder_), project->image().shape);
  JournalRecovery recovery;
  const auto mode = project->lock_ ? Journal::Mode::kReadWrite : Journal::Mode::kReadOnly;
  CYTO_ASSIGN(project->journal_, Journal::open(ProjectFolder::journal(project->folder_), mode, recovery));
  if (!recovery.cut.empty()) project->notices_.push_back(recovery.cut);
  CYTO_TRY(project->load(recovery, std::move(checkpoint), upkeep));
  return project;
}

/// Writes what is missing of the manifest and its backup; a folder of an older version becomes one of the present.
void Project::renewManifest(const ReadManifest& read) {
  const bool isOld = manifest_.version < kProjectVersion;
  if (!isOld && !read.damage && read.hasBackup) return;
  const Status written = writeManifest(folder_, folder_, manifest_);
  // What is only missing is tried again the next time.
  if (written || !isOld) return;
  readOnlyReason_ =
      "The project is of an older version and cannot be brought to the present one, so it can only be looked at: " +
      written.error().message() + ".";
  notices_.push_back(readOnlyReason_);
  lock_.reset();
}

Status Project::load(JournalRecovery& recovery, Result<Checkpoint> found, const UpkeepOptions& upkeep) {
  damages_ = std::move(recovery.damages);
  std::optional<Checkpoint> checkpoint = usableCheckpoint(std::move(found));
  const uint64_t covered = checkpoint ? checkpoint->sequence : 0;
  const auto restoration = [&](Restoration::Mode mode) {
    if (checkpoint) return Restoration(*journal_, *checkpoint, mode);
    return Restoration(*journal_, emptyDocument(image().shape, image().scale), mode);
  };
  if (damages_.empty()) {
    const Status restored = restore(restoration(Restoration::Mode::kExact), covered + 1);
    if (!restored && restored.error().code() != ErrorCode::kFormat) return restored;
    if (!restored && damages_.empty()) {
      // Bytes that are whole and do not fit one another, which no disk does.
      damages_.push_back({ProjectFolder::journal(folder_), 0, restored.error().message(), 0, 0});
    }
  }
  if (!damages_.empty()) CYTO_TRY(restore(restoration(Restoration::Mode::kSalvage), covered + 1));
  if (lock_ && damages_.empty()) {
    upkeep_ = std::make_unique<ProjectUpkeep>(folder_, *journal_, upkeep, covered);
    readFirstUndo();
  }
  return {};
}

/// What a user takes back first is read before it is asked for.
void Project::readFirstUndo() {
  const auto target = history_.undoTarget();
  const Result<History::Path> path = target ? history_.pathTo(*target) : History::Path();
  if (!path) return;
  for (const uint64_t sequence : path->back) {
    // What cannot be read is said when it is wanted.
    if (!recentEdit(sequence)) return;
  }
}

Status Project::restore(Restoration restoration, uint64_t first) {
  const bool isSalvage = !damages_.empty();
  const auto take = [&](const Record& record) { return restoration.take(record); };
  CYTO_TRY(journal_->readFrom(first, take, damages_));
  CYTO_TRY(restoration.finish());
  if (!isSalvage && !damages_.empty()) {
    return Error(ErrorCode::kFormat, damages_.front().text());
  }
  document_ = restoration.takeDocument();
  history_ = restoration.takeHistory();
  nextId_ = restoration.nextId();
  savedAt_us_ = restoration.savedAt_us();
  if (isSalvage) describeDamage(restoration.leftOut());
  return {};
}

/// The checkpoint when it is whole and of this journal.
std::optional<Checkpoint> Project::usableCheckpoint(Result<Checkpoint> checkpoint) {
  if (!checkpoint) {
    if (checkpoint.error().code() != ErrorCode::kNotFound) {
      notices_.push_back("The state was made again from the journal, because " + checkpoint.error().message() + ".");
    }
    return std::nullopt;
  }
  if (checkpoint->sequence > journal_->lastSequence()) {
    damages_.push_back({ProjectFolder::journal(folder_), 0, "records that the checkpoint holds are missing at its end",
                        journal_->lastSequence() + 1, checkpoint->sequence - journal_->lastSequence()});
    return *std::move(checkpoint);
  }
  const auto record = journal_->read(checkpoint->sequence);
  const bool isOfJournal =
      record && record->time_us == checkpoint->recordTime_us && crc32c(record->payload) == checkpoint->recordChecksum;
  // A record that is lost cannot be compared, and then the checkpoint is what is left of it.
  if (isOfJournal || (!record && !damages_.empty())) return *std::move(checkpoint);
  notices_.push_back("The state was made again from the journal, because '" +
                     ProjectFolder::checkpoint(folder_).string() + "' belongs to another journal.");
  return std::nullopt;
}

void Project::describeDamage(int64_t leftOut) {
  readOnlyReason_ = "The project is damaged, so it can only be looked at: " + damages_.front().text() +
                    ". Save it under another name to get a repaired copy.";
  notices_.push_back(readOnlyReason_);
  for (size_t i = 1; i < damages_.size(); ++i) notices_.push_back("Also, " + damages_[i].text() + ".");
  if (leftOut > 0) {
    notices_.push_back(std::to_string(leftOut) + (leftOut == 1 ? " later step does" : " later steps do") +
                       " not fit without what is lost and had to be left out.");
  }
}

}  // namespace cyto
