#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/progress.h"
#include "core/journal/journal.h"
#include "core/project/edit.h"
#include "core/project/folder/image_reference.h"
#include "core/project/folder/manifest.h"
#include "core/project/folder/project_lock.h"
#include "core/project/history.h"
#include "core/project/project_upkeep.h"
#include "core/project/recent_edits.h"
#include "core/project/restoration.h"

namespace cyto {

/// A document with everything that was ever done to it, in a folder NAME.cyto (design §7) or in memory. An edit is in
/// the journal, on disk, before it is applied: what `perform` answered with success survives any crash. Nothing else
/// ever changes the document. Used from one thread at a time.
class Project {
 public:
  /// Lives in memory and is gone afterwards.
  static std::unique_ptr<Project> inMemory(const ImageReference& image);

  /// Makes a folder that must not exist yet; it appears whole or not at all, with those around it that are missing.
  static Result<std::unique_ptr<Project>> create(const std::filesystem::path& folder, const ImageReference& image);

  /// Opens a folder: for writing, or for reading only when somebody else has it open, the folder cannot be written, or
  /// some of it is damaged; `notices` says so, with file and offset. What can be read is there. kFormat when nothing is
  /// or the project is from a newer program.
  static Result<std::unique_ptr<Project>> open(const std::filesystem::path& folder, const UpkeepOptions& upkeep = {});

  /// Ends the upkeep; writes a checkpoint when the next opening would be slow without.
  ~Project();

  const Document& document() const { return document_; }
  const History& history() const { return history_; }
  /// As it was when the project was made; its scale holds until the settings state another one.
  const ImageReference& image() const { return manifest_.image; }

  /// Empty for a project in memory.
  const std::filesystem::path& folder() const { return folder_; }

  /// Why nothing can be changed; empty when it can.
  const std::string& readOnlyReason() const { return readOnlyReason_; }

  /// Sentences about what opening found: a taken-over lock, a cut tail, damage, read-only.
  const std::vector<std::string>& notices() const { return notices_; }

  /// What could not be read when the project was opened.
  const std::vector<Damage>& damages() const { return damages_; }

  /// The id of the next new object. Ids are counted up over all branches of the history and never used again.
  uint32_t nextId() const { return nextId_; }

  /// Of the last record in the journal; 0 when there is none.
  uint64_t lastSequence() const { return journal_->lastSequence(); }

  /// Makes the state again from the journal alone, then goes to every step of every branch on a copy, so that damage in
  /// steps that are undone now is found too. kFormat names the damage or the step.
  Status verify(const JobContext& job) const;

  /// When the last record was written, in µs of Unix time; 0 when there is none.
  int64_t savedAt_us() const { return savedAt_us_; }

  /// Writes the edit to the journal, then applies it. On failure nothing has changed.
  Status perform(const Edit& edit);

  /// Takes user steps back or goes forward along the branch left last. kNotFound when there is none.
  Status undo();
  Status redo();

  /// Stands on any step of the history, or on 0, the beginning.
  Status moveTo(uint64_t sequence);

  /// Between these, edits and moves are written but not synced one by one: they share one sync and are acknowledged by
  /// `endGroup` (group commit; at most 50 ms should lie between them). When that fails, everything since `beginGroup`
  /// is undone.
  void beginGroup();
  Status endGroup();

  /// Writes a checkpoint and packs the journal now, so that the folder is small and opens fast. Ends a group before.
  Status compact();

  /// Writes a copy with the whole history to a folder that must not exist yet. Of a damaged project the copy is
  /// repaired: it holds all steps that can be read, renumbered, and the present state.
  Status copyTo(const std::filesystem::path& folder) const;

  // --- looking into a project, and its image that moved

  /// Opens a folder to look at it, whoever has it open: takes no lock and writes nothing, so it may lie on a medium
  /// that cannot be written.
  static Result<std::unique_ptr<Project>> openForReading(const std::filesystem::path& folder);

  /// The edit of a step. kNotFound for a sequence that is none, kFormat for one that cannot be read.
  Result<Edit> editAt(uint64_t sequence) const;

  /// A record of the journal, from 1 to `lastSequence`.
  Result<Record> recordAt(uint64_t sequence) const;

  /// What the document was at a step of the history; 0 is the beginning.
  Result<Document> documentAt(uint64_t sequence) const;

  /// Says where the image is now. It is written down where the project can be changed; else it holds until the project
  /// is closed. kInvalidArgument for another shape.
  Status relink(const ImageReference& image);

 private:
  /// What a group goes back to when its sync fails.
  struct GroupStart {
    Document document;
    History::Mark history;
    uint32_t nextId = 1;
    int64_t savedAt_us = 0;
  };

  Project() = default;

  static Result<std::unique_ptr<Project>> open(const std::filesystem::path& folder, Journal::Mode wanted,
                                               const UpkeepOptions& upkeep);
  void renewManifest(const ReadManifest& read);
  Status load(JournalRecovery& recovery, Result<Checkpoint> checkpoint, const UpkeepOptions& upkeep);
  Status restore(Restoration restoration, uint64_t first);
  std::optional<Checkpoint> usableCheckpoint(Result<Checkpoint> found);
  void describeDamage(int64_t leftOut);
  Status walkOnCopy(const History::Path& path, uint64_t target);
  Status walkInPlace(const History::Path& path, uint64_t target);
  Result<RecentEdits::EditPtr> recentEdit(uint64_t sequence);
  void readFirstUndo();
  Status mayChange() const;
  Result<uint64_t> write(RecordKind kind, const std::string& payload, int64_t time_us);
  void keepUp();
  Checkpoint checkpoint() const;

  std::filesystem::path folder_;
  Manifest manifest_;
  std::unique_ptr<ProjectLock> lock_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<ProjectUpkeep> upkeep_;
  std::optional<GroupStart> group_;
  Document document_;
  History history_;
  RecentEdits recent_;
  uint32_t nextId_ = 1;
  int64_t savedAt_us_ = 0;
  std::string readOnlyReason_;
  std::vector<std::string> notices_;
  std::vector<Damage> damages_;
};

}  // namespace cyto
