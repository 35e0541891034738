#pragma once

#include <cstdint>
#include <optional>
#include <string>
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

  /// How to get from one step to another: which steps to take back (newest first), then which to apply (oldest first).
  /// kNotFound for a sequence that is no step.
  struct Path {
    std::vector<uint64_t> back;
    std::vector<uint64_t> forward;
  };
  Result<Path> pathTo(uint64_t target) const { return path(current_, target); }
  Result<Path> path(uint64_t from, uint64_t target) const;

  /// Stands on a known step (or 0) and remembers the way for redo.
  void moveTo(uint64_t target);

  /// Where a history stood, to go back to when steps that were added since turn out not to be safe.
  struct Mark {
    size_t steps = 0;
    uint64_t current = 0;
    std::vector<uint64_t> lastVisited;
  };
  Mark mark() const { return {steps_.size(), current_, lastVisited_}; }
  void forgetSince(Mark mark);

  /// Which child was visited last, the way redo takes: of the beginning, then of each step; 0 for none.
  const std::vector<uint64_t>& lastVisited() const { return lastVisited_; }

  /// A history as it was: `steps` with their parents, in the order they were made. kFormat when they are no history.
  static Result<History> restored(std::vector<HistoryStep> steps, std::vector<uint64_t> lastVisited, uint64_t current);

 private:
  /// The user step that undo would take from there; null at the beginning.
  const HistoryStep* undoneStep(uint64_t from) const;
  std::optional<uint64_t> lastChild(uint64_t sequence) const;
  /// Where a step, or the beginning, stands in lastVisited_; past its end for a sequence that is none.
  size_t place(uint64_t sequence) const;

  std::vector<HistoryStep> steps_;
  std::vector<uint64_t> lastVisited_{0};
  uint64_t current_ = 0;
};

}  // namespace cyto
