#include "core/project/history.h"

#include <algorithm>
#include <cassert>

namespace cyto {

const HistoryStep* History::find(uint64_t sequence) const {
  const auto found = index_.find(sequence);
  return found == index_.end() ? nullptr : &steps_[found->second];
}

void History::add(HistoryStep step) {
  assert(step.sequence > (steps_.empty() ? 0 : steps_.back().sequence));
  step.parent = current_;
  lastChild_[current_] = step.sequence;
  current_ = step.sequence;
  index_[step.sequence] = steps_.size();
  steps_.push_back(std::move(step));
}

const HistoryStep* History::undoneStep(uint64_t from) const {
  const HistoryStep* step = find(from);
  // Automatic steps without a user step before them are one group of their own.
  while (step && step->isAutomatic && step->parent != 0) step = find(step->parent);
  return step;
}

std::optional<uint64_t> History::stepBack(uint64_t from) const {
  const HistoryStep* step = undoneStep(from);
  if (!step) return std::nullopt;
  return step->parent;
}

std::optional<uint64_t> History::stepForward(uint64_t from) const {
  std::optional<uint64_t> target = lastChild(from);
  if (!target) return std::nullopt;
  for (auto next = lastChild(*target); next && find(*next)->isAutomatic; next = lastChild(*next)) target = next;
  return target;
}

std::optional<std::string> History::undoLabel() const {
  const HistoryStep* step = undoneStep(current_);
  if (!step) return std::nullopt;
  return step->label;
}

std::optional<std::string> History::redoLabel() const {
  const std::optional<uint64_t> next = lastChild(current_);
  if (!next) return std::nullopt;
  return find(*next)->label;
}

std::vector<HistoryStep> History::line(size_t back, size_t forward) const {
  std::vector<HistoryStep> steps;
  for (uint64_t step = current_; step != 0 && steps.size() < back; step = find(step)->parent) {
    steps.push_back(*find(step));
  }
  std::reverse(steps.begin(), steps.end());
  auto next = lastChild(current_);
  for (size_t i = 0; next && i < forward; ++i, next = lastChild(*next)) steps.push_back(*find(*next));
  return steps;
}

Result<History::Path> History::pathTo(uint64_t target) const {
  if (target != 0 && !find(target)) {
    return Error(ErrorCode::kNotFound, "the history has no step " + std::to_string(target));
  }
  Path path;
  // A child's sequence is larger than its parent's, so the larger end can never be an ancestor of the other: walking
  // it up meets where the branches part.
  uint64_t from = current_;
  uint64_t to = target;
  while (from != to) {
    uint64_t& later = from > to ? from : to;
    (from > to ? path.back : path.forward).push_back(later);
    later = find(later)->parent;
  }
  std::reverse(path.forward.begin(), path.forward.end());
  return path;
}

void History::moveTo(uint64_t target) {
  const Result<Path> path = pathTo(target);
  assert(path);
  if (!path) return;
  // Above the fork the way is remembered already, because the document stands on it.
  for (const uint64_t sequence : path->forward) lastChild_[find(sequence)->parent] = sequence;
  current_ = target;
}

std::optional<uint64_t> History::lastChild(uint64_t sequence) const {
  const auto found = lastChild_.find(sequence);
  if (found == lastChild_.end()) return std::nullopt;
  return found->second;
}

}  // namespace cyto
