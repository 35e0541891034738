#pragma once

#include <string>
#include <vector>

#include "core/session/live_session.h"

namespace cyto::ui::test {

inline HistoryStep stepNamed(uint64_t sequence, std::string label, bool isAutomatic = false,
                             EditKind kind = EditKind::kPrompt) {
  HistoryStep step;
  step.sequence = sequence;
  step.time_us = 1'700'000'000'000'000 + static_cast<int64_t>(sequence) * 1'000'000;
  step.kind = kind;
  step.label = std::move(label);
  step.isAutomatic = isAutomatic;
  step.z = 11;
  step.t = 2;
  return step;
}

/// A session that is open, with a history that grows as a real one does.
class GrowingState {
 public:
  GrowingState() {
    state.isOpen = true;
    state.reference.shape = {1, 1, 64, 64};
    follow();
  }

  GrowingState& add(const HistoryStep& step) {
    history.add(step);
    return follow();
  }
  GrowingState& moveTo(uint64_t sequence) {
    history.moveTo(sequence);
    return follow();
  }
  GrowingState& follow() {
    tree.follow(history);
    state.history = tree;
    return *this;
  }

  History history;
  HistoryTree tree;
  SessionState state;
};

}  // namespace cyto::ui::test
