#include "core/labels/connected_pieces.h"

#include <algorithm>
#include <numeric>

#include "core/labels/label_delta.h"

namespace cyto {

namespace {

/// The runs of an object, row by row, and which of them hang together.
class RunTable {
 public:
  RunTable(const LabelVolume& labels, uint32_t id, const Box& box) : box_(box) {
    std::vector<uint32_t> row(static_cast<size_t>(box.shape().x));
    rowBegin_.push_back(0);
    for (int64_t t = box.begin.t; t < box.end.t; ++t) {
      for (int64_t z = box.begin.z; z < box.end.z; ++z) {
        for (int64_t y = box.begin.y; y < box.end.y; ++y) {
          labels.read(t, z, {y, box.begin.x, y + 1, box.end.x}, row);
          collect(row, id, t, z, y);
          rowBegin_.push_back(runs_.size());
        }
      }
    }
    group_.resize(runs_.size());
    std::iota(group_.begin(), group_.end(), size_t{0});
    joinNeighbours();
  }

  const std::vector<PixelRun>& runs() const { return runs_; }

  /// The first run of the piece that a run belongs to.
  size_t groupOf(size_t run) {
    while (group_[run] != run) {
      group_[run] = group_[group_[run]];
      run = group_[run];
    }
    return run;
  }

 private:
  void collect(const std::vector<uint32_t>& row, uint32_t id, int64_t t, int64_t z, int64_t y) {
    for (auto at = std::find(row.begin(), row.end(), id); at != row.end();) {
      const auto end = std::find_if(at, row.end(), [id](uint32_t other) { return other != id; });
      runs_.push_back({t, z, y, box_.begin.x + (at - row.begin()), box_.begin.x + (end - row.begin())});
      at = std::find(end, row.end(), id);
    }
  }

  void joinNeighbours() {
    const Shape extent = box_.shape();
    const auto rows = static_cast<size_t>(extent.t * extent.z * extent.y);
    const auto perSlice = static_cast<size_t>(extent.y);
    const auto perFrame = static_cast<size_t>(extent.z * extent.y);
    for (size_t row = 0; row < rows; ++row) {
      if (row % perSlice != 0) join(row, row - 1);
      if (row % perFrame >= perSlice) join(row, row - perSlice);
      if (row >= perFrame) join(row, row - perFrame);
    }
  }

  // Both rows ascend, so one walk along them meets every pair that overlaps.
  void join(size_t row, size_t other) {
    size_t a = rowBegin_[row];
    size_t b = rowBegin_[other];
    while (a < rowBegin_[row + 1] && b < rowBegin_[other + 1]) {
      if (runs_[a].x0 < runs_[b].x1 && runs_[b].x0 < runs_[a].x1) unite(a, b);
      ++(runs_[a].x1 < runs_[b].x1 ? a : b);
    }
  }

  void unite(size_t a, size_t b) {
    a = groupOf(a);
    b = groupOf(b);
    group_[std::max(a, b)] = std::min(a, b);
  }

  Box box_;
  std::vector<PixelRun> runs_;
  std::vector<size_t> rowBegin_;  // of each row the place of its first run; one more at the end
  std::vector<size_t> group_;
};

}  // namespace

std::vector<ObjectPiece> connectedPieces(const LabelVolume& labels, uint32_t id, const Box& bounds) {
  const Box box = bounds.clippedTo(Box::whole(labels.shape()));
  if (box.isEmpty()) return {};
  RunTable table(labels, id, box);
  constexpr size_t kNone = static_cast<size_t>(-1);
  std::vector<size_t> pieceOf(table.runs().size(), kNone);
  std::vector<ObjectPiece> pieces;
  for (size_t i = 0; i < table.runs().size(); ++i) {
    size_t& place = pieceOf[table.groupOf(i)];
    if (place == kNone) {
      place = pieces.size();
      pieces.emplace_back();
    }
    ObjectPiece& piece = pieces[place];
    const PixelRun& run = table.runs()[i];
    piece.area += run.x1 - run.x0;
    piece.bounds = united(piece.bounds, {{run.t, run.z, run.y, run.x0}, {run.t + 1, run.z + 1, run.y + 1, run.x1}});
    piece.runs.push_back(run);
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const ObjectPiece& a, const ObjectPiece& b) { return a.area > b.area; });
  return pieces;
}

}  // namespace cyto
