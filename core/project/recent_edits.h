#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "core/project/edit.h"

namespace cyto {

/// The edits of the steps that were made or walked over last: undo and redo mostly want one of them, and reading a
/// large one from the journal takes as long as applying it. Holds as many as are within both limits, and always the
/// last.
class RecentEdits {
 public:
  using EditPtr = std::shared_ptr<const Edit>;

  static constexpr size_t kMostEdits = 64;
  static constexpr size_t kBudget_bytes = size_t{32} << 20;  ///< of their records in the journal

  /// Null when it is not held.
  EditPtr find(uint64_t sequence) const {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [sequence](const Entry& held) { return held.sequence == sequence; });
    return entry == entries_.end() ? nullptr : entry->edit;
  }

  void add(uint64_t sequence, EditPtr edit, size_t bytes) {
    entries_.push_back({sequence, std::move(edit), bytes});
    bytes_ += bytes;
    while (entries_.size() > 1 && (entries_.size() > kMostEdits || bytes_ > kBudget_bytes)) {
      bytes_ -= entries_.front().bytes;
      entries_.pop_front();
    }
  }

  /// When records of the journal were taken back: their numbers will be given again.
  void clear() {
    entries_.clear();
    bytes_ = 0;
  }

 private:
  struct Entry {
    uint64_t sequence;
    EditPtr edit;
    size_t bytes;
  };

  std::deque<Entry> entries_;  // added last at the back
  size_t bytes_ = 0;
};

}  // namespace cyto
