#include "ui/models/history/history_rows.h"

namespace cyto::ui {

namespace {

bool isAutomatic(const HistoryTree& tree, uint64_t sequence) {
  const auto step = tree.find(sequence);
  return step && step->isAutomatic;
}

/// From a step on: itself and the automatic steps that followed it.
uint64_t endOfGroup(const HistoryTree& tree, uint64_t last) {
  for (uint64_t next = tree.next(last); next != 0 && isAutomatic(tree, next); next = tree.next(last)) last = next;
  return last;
}

/// The first steps of the branches that leave the row for somewhere else than where its own line goes on.
std::vector<uint64_t> branchesOf(const HistoryTree& tree, const HistoryRow& row) {
  std::vector<uint64_t> branches;
  for (uint64_t step = row.last;; step = tree.find(step)->parent) {
    const uint64_t next = tree.next(step);
    // Most steps have one child, where nothing needs to be looked up.
    if (tree.childCount(step) > (next != 0 ? 1U : 0U)) {
      for (const uint64_t child : tree.children(step)) {
        if (child != next) branches.push_back(child);
      }
    }
    if (step == row.first) return branches;
  }
}

/// A branch that is being listed.
struct Branch {
  uint64_t step = 0;
  int depth = 0;
  bool isStart = false;
};

HistoryRow rowAt(const HistoryTree& tree, const Branch& branch) {
  HistoryRow row{branch.step, branch.step, branch.depth};
  // At the beginning only steps that follow a user's step belong to one.
  if (branch.step != 0) row.last = endOfGroup(tree, branch.step);
  row.isStart = branch.isStart;
  return row;
}

}  // namespace

std::vector<HistoryRow> historyRows(const HistoryTree& tree, const OpenForks& forks) {
  std::vector<HistoryRow> rows;
  rows.reserve(tree.size() + 1);
  // Not by recursion: branches of branches may be as deep as the history is long.
  std::vector<Branch> under = {{0, 0, false}};
  while (!under.empty()) {
    Branch& branch = under.back();
    HistoryRow row = rowAt(tree, branch);
    const std::vector<uint64_t> others = branchesOf(tree, row);
    row.alternatives = static_cast<int>(others.size());
    row.isOpen = !others.empty() && forks.contains(row.first);
    rows.push_back(row);
    const int depth = branch.depth;
    branch = {tree.next(row.last), depth, false};
    if (branch.step == 0) under.pop_back();
    if (!row.isOpen) continue;
    for (auto other = others.rbegin(); other != others.rend(); ++other) under.push_back({*other, depth + 1, true});
  }
  return rows;
}

bool extendHistoryRows(const HistoryTree& tree, std::vector<HistoryRow>& rows) {
  HistoryRow& end = rows.back();
  const uint64_t before = end.last;
  if (end.first != 0) end.last = endOfGroup(tree, before);
  const bool isLonger = end.last != before;
  for (uint64_t step = tree.next(end.last); step != 0; step = tree.next(rows.back().last)) {
    rows.push_back(rowAt(tree, {step, 0, false}));
  }
  return isLonger;
}

}  // namespace cyto::ui
