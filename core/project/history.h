#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/project/edit_kind.h"

namespace cyto {

/// What a history panel shows of one edit.
struct HistoryStep {
  uint64_t sequence = 0;  ///< of its record in the journal
  uint64_t parent = 0;    ///< the step it was made on; 0 is the beginning
  int64_t time_us = 0;
  EditKind kind = EditKind::kPrompt;
  std::string label;
  int64_t t = 0;
  int64_t z = 0;
  bool isAutomatic = false;
};

/// All steps ever made and where the document stands among them: a tree, because an edit after an undo starts a branch
/// and the undone steps stay. Not thread-safe.
class History {
 public:
  /// Where the document stands; 0 is the beginning.
  uint64_t current() const { return current_; }

  /// In the order they were made.
  const std::vector<HistoryStep>& steps() const { return steps_; }

  /// Null for 0 and unknown sequences. Valid until the next `add`.
  const HistoryStep* find(uint64_t sequence) const;

  /// Records a step on the current one and stands on it. Sequences must grow.
  void add(HistoryStep step);

  /// Where one user step back leads: past the automatic steps to before the step they follow. Nothing at the beginning.
  std::optional<uint64_t> undoTarget() const { return stepBack(current_); }

  /// Where one user step forward leads, along the branch that was left last: the next step and the automatic ones after
  /// it. Nothing at the end of a branch.
  std::optional<uint64_t> redoTarget() const { return stepForward(current_); }

  /// The same from any step.
  std::optional<uint64_t> stepBack(uint64_t from) const;
  std::optional<uint64_t> stepForward(uint64_t from) const;

  /// The labels of the user steps that undo and redo would take; nothing when there is none.
  std::optional<std::string> undoLabel() const;
  std::optional<std::string> redoLabel() const;

  /// The steps of the line the document stands on, oldest first: at most `back` up to the current one, then at most
  /// `forward` that redo would take.
  std::vector<HistoryStep> line(size_t back, size_t forward) const;

  /// How to get to a step: which steps to take back (newest first), then which to apply (oldest first).
  /// kNotFound for a sequence that is no step.
  struct Path {
    std::vector<uint64_t> back;
    std::vector<uint64_t> forward;
  };
  Result<Path> pathTo(uint64_t target) const;

  /// Stands on a known step (or 0) and remembers the way for redo.
  void moveTo(uint64_t target);

 private:
  /// The user step that undo would take from there; null at the beginning.
  const HistoryStep* undoneStep(uint64_t from) const;
  std::optional<uint64_t> lastChild(uint64_t sequence) const;

  std::vector<HistoryStep> steps_;
  std::unordered_map<uint64_t, size_t> index_;
  std::unordered_map<uint64_t, uint64_t> lastChild_;  // parent -> the child that was visited last
  uint64_t current_ = 0;
};

}  // namespace cyto
