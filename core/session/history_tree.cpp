#include "core/session/history_tree.h"

#include <atomic>
#include <cassert>

namespace cyto {

namespace {

/// Of trees that have nothing to do with each other too, so that one is never taken for another.
uint64_t freshNumber() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

}  // namespace

void HistoryTree::clear() { *this = {}; }

bool HistoryTree::continues(const History& history) const {
  const auto& steps = history.steps();
  if (origin_ == 0 || steps_ > steps.size()) return false;
  if (!last_) return true;
  const HistoryStep& same = steps[steps_ - 1];
  return same.sequence == last_->sequence && same.parent == last_->parent && same.time_us == last_->time_us;
}

void HistoryTree::follow(const History& history) {
  const bool isNew = !continues(history);
  if (isNew) {
    clear();
    origin_ = turn_ = freshNumber();
  }
  const auto& steps = history.steps();
  for (size_t i = steps_; i < steps.size(); ++i) add(steps[i]);
  if (isNew) {
    // Which way was gone last does not follow from the order of the steps.
    nodes_[0].next = history.lastVisited()[0];
    for (size_t i = 0; i < steps.size(); ++i) nodes_[steps[i].sequence].next = history.lastVisited()[i + 1];
    current_ = history.current();
  } else {
    moveTo(history.current());
  }
}

void HistoryTree::add(const HistoryStep& step) {
  Node& parent = nodes_[step.parent];
  if (parent.children > 0) turn_ = freshNumber();
  const uint64_t older = parent.newestChild;
  parent.newestChild = step.sequence;
  parent.next = step.sequence;
  ++parent.children;
  last_ = std::make_shared<const HistoryStep>(step);
  Node& added = nodes_[step.sequence];
  added.step = last_;
  added.olderSibling = older;
  ++steps_;
}

// The same walk as History::path, and the same trace as History::moveTo leaves.
void HistoryTree::moveTo(uint64_t target) {
  uint64_t from = current_;
  uint64_t to = target;
  while (from != to) {
    if (from > to) {
      from = parentOf(from);
      continue;
    }
    const uint64_t parent = parentOf(to);
    if (next(parent) != to) {
      nodes_[parent].next = to;
      turn_ = freshNumber();
    }
    to = parent;
  }
  current_ = target;
}

uint64_t HistoryTree::parentOf(uint64_t sequence) const {
  const auto step = find(sequence);
  assert(step);
  return step ? step->parent : 0;
}

std::shared_ptr<const HistoryStep> HistoryTree::find(uint64_t sequence) const {
  const auto found = nodes_.find(sequence);
  return found == nodes_.end() ? nullptr : found->second.step;
}

uint64_t HistoryTree::next(uint64_t sequence) const {
  const auto found = nodes_.find(sequence);
  return found == nodes_.end() ? 0 : found->second.next;
}

size_t HistoryTree::childCount(uint64_t sequence) const {
  const auto found = nodes_.find(sequence);
  return found == nodes_.end() ? 0 : found->second.children;
}

std::vector<uint64_t> HistoryTree::children(uint64_t sequence) const {
  std::vector<uint64_t> all;
  const auto found = nodes_.find(sequence);
  if (found == nodes_.end()) return all;
  all.reserve(found->second.children);
  for (uint64_t child = found->second.newestChild; child != 0; child = nodes_.find(child)->second.olderSibling) {
    all.push_back(child);
  }
  return all;
}

}  // namespace cyto
