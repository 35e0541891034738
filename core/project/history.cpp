#include "core/project/history.h"

#include <algorithm>
#include <cassert>

namespace cyto {

size_t History::place(uint64_t sequence) const {
  if (sequence == 0) return 0;
  const auto found = std::lower_bound(steps_.begin(), steps_.end(), sequence,
                                      [](const HistoryStep& step, uint64_t wanted) { return step.sequence < wanted; });
  const bool isStep = found != steps_.end() && found->sequence == sequence;
  return isStep ? static_cast<size_t>(found - steps_.begin()) + 1 : lastVisited_.size();
}

const HistoryStep* History::find(uint64_t sequence) const {
  const size_t index = place(sequence);
  return index == 0 || index == lastVisited_.size() ? nullptr : &steps_[index - 1];
}

void History::add(HistoryStep step) {
  assert(step.sequence > (steps_.empty() ? 0 : steps_.back().sequence));
  step.parent = current_;
  lastVisited_[place(current_)] = step.sequence;
  lastVisited_.push_back(0);
  current_ = step.sequence;
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

Result<History::Path> History::path(uint64_t from, uint64_t target) const {
  for (const uint64_t step : {from, target}) {
    if (place(step) == lastVisited_.size()) {
      return Error(ErrorCode::kNotFound, "the history has no step " + std::to_string(step));
    }
  }
  Path path;
  // A child's sequence is larger than its parent's, so the larger end can never be an ancestor of the other: walking
  // it up meets where the branches part.
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
  for (const uint64_t sequence : path->forward) lastVisited_[place(find(sequence)->parent)] = sequence;
  current_ = target;
}

void History::forgetSince(Mark mark) {
  steps_.resize(mark.steps);
  current_ = mark.current;
  lastVisited_ = std::move(mark.lastVisited);
}

std::optional<uint64_t> History::lastChild(uint64_t sequence) const {
  const size_t index = place(sequence);
  if (index == lastVisited_.size() || lastVisited_[index] == 0) return std::nullopt;
  return lastVisited_[index];
}

Result<History> History::restored(std::vector<HistoryStep> steps, std::vector<uint64_t> lastVisited, uint64_t current) {
  const Error noHistory(ErrorCode::kFormat, "its steps are no history");
  History history;
  history.steps_ = std::move(steps);
  history.lastVisited_ = std::move(lastVisited);
  history.current_ = current;
  if (history.lastVisited_.size() != history.steps_.size() + 1) return noHistory;
  const size_t unknown = history.lastVisited_.size();
  uint64_t before = 0;
  for (const HistoryStep& step : history.steps_) {
    if (step.sequence <= before || step.parent >= step.sequence) return noHistory;
    before = step.sequence;
    if (history.place(step.parent) == unknown) return noHistory;
  }
  if (history.place(current) == unknown) return noHistory;
  for (size_t i = 0; i < unknown; ++i) {
    const uint64_t child = history.lastVisited_[i];
    if (child == 0) continue;
    const HistoryStep* step = history.find(child);
    if (!step || history.place(step->parent) != i) return noHistory;
  }
  return history;
}

}  // namespace cyto
