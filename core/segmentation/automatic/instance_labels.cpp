#include "core/segmentation/automatic/instance_labels.h"

#include <array>

namespace cyto {

namespace {

/// Pixels of equal value that hang together by sides.
struct Piece {
  uint32_t id = 0;
  int64_t area = 0;
  bool touchesBorder = false;
  uint32_t neighbour = 0;  ///< the first other id beside it
  bool hasSeveralNeighbours = false;
};

/// All pieces of an image, and the piece of every pixel.
class Pieces {
 public:
  explicit Pieces(const InstanceLabels& labels) : labels_(labels), pieceOf_(labels.ids.size(), kNone) {
    for (size_t i = 0; i < labels.ids.size(); ++i) {
      if (pieceOf_[i] == kNone) flood(i);
    }
  }

  const std::vector<Piece>& all() const { return pieces_; }
  size_t of(size_t pixel) const { return pieceOf_[pixel]; }

 private:
  static constexpr uint32_t kNone = 0xffffffff;

  void flood(size_t seed) {
    const auto number = static_cast<uint32_t>(pieces_.size());
    Piece piece{labels_.ids[seed]};
    const int64_t rows = labels_.size.y, columns = labels_.size.x;
    open_.assign(1, static_cast<int64_t>(seed));
    pieceOf_[seed] = number;
    const auto look = [&](bool isInside, int64_t index) {
      if (!isInside) {
        piece.touchesBorder = true;
        return;
      }
      const uint32_t id = labels_.ids[static_cast<size_t>(index)];
      if (id != piece.id) {
        if (id == 0) return;
        piece.hasSeveralNeighbours |= piece.neighbour != 0 && piece.neighbour != id;
        piece.neighbour = id;
      } else if (pieceOf_[static_cast<size_t>(index)] == kNone) {
        pieceOf_[static_cast<size_t>(index)] = number;
        open_.push_back(index);
      }
    };
    while (!open_.empty()) {
      const int64_t index = open_.back();
      open_.pop_back();
      ++piece.area;
      const int64_t y = index / columns, x = index % columns;
      look(y > 0, index - columns);
      look(x > 0, index - 1);
      look(x + 1 < columns, index + 1);
      look(y + 1 < rows, index + columns);
    }
    pieces_.push_back(piece);
  }

  const InstanceLabels& labels_;
  std::vector<uint32_t> pieceOf_;
  std::vector<Piece> pieces_;
  std::vector<int64_t> open_;
};

void keepLargestPieces(InstanceLabels& labels) {
  const Pieces pieces(labels);
  constexpr size_t kNone = ~size_t{0};
  std::vector<size_t> largest(labels.count + size_t{1}, kNone);
  for (size_t i = 0; i < pieces.all().size(); ++i) {
    size_t& best = largest[pieces.all()[i].id];
    if (best == kNone || pieces.all()[i].area > pieces.all()[best].area) best = i;
  }
  for (size_t i = 0; i < labels.ids.size(); ++i) {
    if (labels.ids[i] != 0 && pieces.of(i) != largest[labels.ids[i]]) labels.ids[i] = 0;
  }
}

void fillHoles(InstanceLabels& labels) {
  const Pieces pieces(labels);
  for (size_t i = 0; i < labels.ids.size(); ++i) {
    if (labels.ids[i] != 0) continue;
    const Piece& piece = pieces.all()[pieces.of(i)];
    if (!piece.touchesBorder && !piece.hasSeveralNeighbours) labels.ids[i] = piece.neighbour;
  }
}

}  // namespace

void makeObjectsWhole(InstanceLabels& labels) {
  keepLargestPieces(labels);
  fillHoles(labels);
}

void keepObjects(InstanceLabels& labels, const std::vector<uint8_t>& isKept) {
  std::vector<uint32_t> newId(isKept.size(), 0);
  uint32_t count = 0;
  for (size_t id = 1; id < isKept.size(); ++id) {
    if (isKept[id]) newId[id] = ++count;
  }
  for (uint32_t& id : labels.ids) id = newId[id];
  labels.count = count;
}

std::vector<int64_t> areasOf(const InstanceLabels& labels) {
  std::vector<int64_t> areas(labels.count + size_t{1}, 0);
  for (const uint32_t id : labels.ids) ++areas[id];
  return areas;
}

InstanceLabels connectedComponents(const std::vector<uint8_t>& mask, Extent2 size, bool withDiagonals) {
  InstanceLabels labels{size, std::vector<uint32_t>(mask.size(), 0), 0};
  static constexpr std::array<std::array<int64_t, 2>, 8> kSteps = {
      {{-1, 0}, {0, -1}, {0, 1}, {1, 0}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}}};
  const size_t steps = withDiagonals ? 8 : 4;
  std::vector<int64_t> open;
  for (size_t seed = 0; seed < mask.size(); ++seed) {
    if (!mask[seed] || labels.ids[seed] != 0) continue;
    labels.ids[seed] = ++labels.count;
    open.assign(1, static_cast<int64_t>(seed));
    while (!open.empty()) {
      const int64_t index = open.back();
      open.pop_back();
      for (size_t i = 0; i < steps; ++i) {
        const int64_t y = index / size.x + kSteps[i][0], x = index % size.x + kSteps[i][1];
        if (y < 0 || x < 0 || y >= size.y || x >= size.x) continue;
        const auto next = static_cast<size_t>(y * size.x + x);
        if (!mask[next] || labels.ids[next] != 0) continue;
        labels.ids[next] = labels.count;
        open.push_back(static_cast<int64_t>(next));
      }
    }
  }
  return labels;
}

}  // namespace cyto
