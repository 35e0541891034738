#pragma once

#include "core/journal/journal.h"
#include "core/project/checkpoint.h"
#include "core/project/edit.h"

namespace cyto {

/// Makes document and history of a project again from the records of its journal, from the beginning or from a
/// checkpoint on.
class Restoration {
 public:
  enum class Mode {
    kExact,    ///< a record that does not fit ends it
    kSalvage,  ///< what does not fit is left out and counted: for journals with records that are lost
  };

  /// `document` is what the journal begins with; `journal` must outlive this.
  Restoration(const Journal& journal, Document document, Mode mode);
  Restoration(const Journal& journal, Checkpoint checkpoint, Mode mode);

  /// Takes the next record. kFormat (in exact mode) when it does not fit, with the document undefined from then on.
  Status take(const Record& record);

  /// After the last record: makes the document that of the step the history stands on.
  Status finish();

  const Document& document() const { return document_; }
  const History& history() const { return history_; }
  Document takeDocument() { return std::move(document_); }
  History takeHistory() { return std::move(history_); }
  uint32_t nextId() const { return nextId_; }
  int64_t savedAt_us() const { return savedAt_us_; }
  int64_t leftOut() const { return leftOut_; }

 private:
  Status takeEdit(const Record& record);
  Status takeMove(const Record& record);
  Status walk(const History::Path& path);

  const Journal& journal_;
  Mode mode_;
  Document document_;
  History history_;
  uint64_t applied_ = 0;  // the step that document_ is the state of; may lag behind the history
  uint32_t nextId_ = 1;
  int64_t savedAt_us_ = 0;
  int64_t leftOut_ = 0;
};

/// The payload of a move record, and back. kFormat for anything else.
std::string encodeMove(uint64_t target);
Result<uint64_t> decodeMove(const Record& record);

/// What a history shows of an edit.
HistoryStep stepOf(const Edit& edit, uint64_t sequence, int64_t time_us);

/// The id after the largest that an edit names, or `nextId`.
uint32_t nextIdAfter(const Edit& edit, uint32_t nextId);

/// Walks a document along steps of a journal. On failure the document is undefined.
Status walk(const Journal& journal, const History::Path& path, Document& document);

}  // namespace cyto
