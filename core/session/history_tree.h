#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/persistent_map.h"
#include "core/project/history.h"

namespace cyto {

/// A history as a value: the steps of all branches and where the document stands among them. Copying costs the same for
/// any number of steps and gives a snapshot that another thread may read; a step more copies a few dozen entries.
class HistoryTree {
 public:
  /// Takes over what `history` did since the last call. Takes time for the steps that came and the way that was gone;
  /// for another history it starts anew and takes all of it.
  void follow(const History& history);

  /// Forgets everything, so that the next history is another one even if it looks the same.
  void clear();

  /// Of all branches.
  size_t size() const { return steps_; }
  bool empty() const { return steps_ == 0; }

  /// Where the document stands; 0 is the beginning.
  uint64_t current() const { return current_; }

  /// Null for 0 and for what is no step.
  std::shared_ptr<const HistoryStep> find(uint64_t sequence) const;

  /// The step that was done, or redone, last on this one; 0 when there is none. From 0 on, this is the line that the
  /// document stands on, up to the step that redo would reach in the end.
  uint64_t next(uint64_t sequence) const;

  /// The steps that were made on this one, the newest first.
  std::vector<uint64_t> children(uint64_t sequence) const;
  size_t childCount(uint64_t sequence) const;

  /// Differs between histories; 0 when none was followed.
  uint64_t origin() const { return origin_; }

  /// Changes when another branch is begun or taken, and with `origin`. While it stays, lines only become longer at
  /// their ends.
  uint64_t turn() const { return turn_; }

 private:
  /// Of a step, or of the beginning.
  struct Node {
    std::shared_ptr<const HistoryStep> step;  ///< null for the beginning
    uint64_t newestChild = 0;
    uint64_t olderSibling = 0;
    uint64_t next = 0;
    size_t children = 0;
  };

  bool continues(const History& history) const;
  void add(const HistoryStep& step);
  void moveTo(uint64_t target);
  uint64_t parentOf(uint64_t sequence) const;

  PersistentMap<uint64_t, Node> nodes_;
  size_t steps_ = 0;
  std::shared_ptr<const HistoryStep> last_;
  uint64_t current_ = 0;
  uint64_t origin_ = 0;
  uint64_t turn_ = 0;
};

}  // namespace cyto
