#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/progress.h"
#include "core/project/edit.h"
#include "core/project/history.h"
#include "core/project/image_reference.h"
#include "core/project/journal.h"
#include "core/project/project_lock.h"

namespace cyto {

/// A document with everything that was ever done to it, in a folder NAME.cyto (design §7) or in memory. An edit is in
/// the journal, on disk, before it is applied: what `perform` answered with success survives any crash. Nothing else
/// ever changes the document. Used from one thread at a time.
class Project {
 public:
  /// Lives in memory and is gone afterwards.
  static std::unique_ptr<Project> inMemory(const ImageReference& image);

  /// Makes a folder that must not exist yet; it appears whole or not at all.
  static Result<std::unique_ptr<Project>> create(const std::filesystem::path& folder, const ImageReference& image);

  /// Opens a folder: for writing, or for reading only when somebody else has it open or the folder cannot be written;
  /// `notices` says so. kFormat when it is damaged or from a newer program.
  static Result<std::unique_ptr<Project>> open(const std::filesystem::path& folder);

  const Document& document() const { return document_; }
  const History& history() const { return history_; }
  /// As it was when the project was made; its scale holds until the settings state another one.
  const ImageReference& image() const { return image_; }

  /// Empty for a project in memory.
  const std::filesystem::path& folder() const { return folder_; }

  /// Why nothing can be changed; empty when it can.
  const std::string& readOnlyReason() const { return readOnlyReason_; }

  /// Sentences about what opening found: a taken-over lock, a cut tail, read-only.
  const std::vector<std::string>& notices() const { return notices_; }

  /// The id of the next new object. Ids are counted up over all branches of the history and never used again.
  uint32_t nextId() const { return nextId_; }

  /// Of the last record in the journal; 0 when there is none.
  uint64_t lastSequence() const { return records_.empty() ? 0 : records_.back().sequence; }

  /// Goes to every step of every branch on a copy, so that damage in steps that are undone now is found too. kFormat
  /// names the step.
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

  /// Writes a copy with the whole history to a folder that must not exist yet.
  Status copyTo(const std::filesystem::path& folder) const;

  // --- looking into a project, and its image that moved

  /// Opens a folder to look at it, whoever has it open: takes no lock and writes nothing, so it may lie on a medium
  /// that cannot be written.
  static Result<std::unique_ptr<Project>> openForReading(const std::filesystem::path& folder);

  /// The edit of a step. kNotFound for a sequence that is none.
  Result<Edit> editAt(uint64_t sequence) const;

  /// A record of the journal, from 1 to `lastSequence`.
  Result<Record> recordAt(uint64_t sequence) const;

  /// What the document was at a step of the history; 0 is the beginning.
  Result<Document> documentAt(uint64_t sequence) const;

  /// Says where the image is now. It is written down where the project can be changed; else it holds until the project
  /// is closed. kInvalidArgument for another shape.
  Status relink(const ImageReference& image);

 private:
  Project() = default;

  struct RecordStamp {
    uint64_t sequence = 0;
    RecordKind kind = RecordKind::kOther;
    int64_t time_us = 0;
  };

  static Result<std::unique_ptr<Project>> open(const std::filesystem::path& folder, Journal::Mode wanted);
  Status index(const Record& record);
  Status follow(uint64_t target);
  Status replay();
  void remember(const Edit& edit, uint64_t sequence, int64_t time_us);
  Status walk(const History::Path& path, Document& document) const;
  Status walkOnCopy(const History::Path& path, uint64_t target);
  Status walkInPlace(const History::Path& path, uint64_t target);
  Status mayChange() const;
  Result<uint64_t> write(RecordKind kind, const std::string& payload, int64_t time_us);

  std::filesystem::path folder_;
  ImageReference image_;
  std::unique_ptr<ProjectLock> lock_;
  std::unique_ptr<Journal> journal_;
  std::vector<RecordStamp> records_;
  // While a journal is read: the newest edits, for the undo and redo that follow them, and whether they were enough.
  std::deque<std::pair<uint64_t, Edit>> recent_;
  bool isBehind_ = false;
  Document document_;
  History history_;
  uint32_t nextId_ = 1;
  int64_t savedAt_us_ = 0;
  std::string readOnlyReason_;
  std::vector<std::string> notices_;
};

}  // namespace cyto
