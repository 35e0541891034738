#include "core/measure/connected_components.h"

#include <array>
#include <utility>
#include <vector>

namespace cyto {

namespace {

/// Pieces that turn out to be one, as trees; the root is the piece that was met first.
class Pieces {
 public:
  uint64_t create() {
    parents_.push_back(parents_.size());
    return parents_.size() - 1;
  }

  uint64_t rootOf(uint64_t piece) {
    while (parents_[piece] != piece) {
      parents_[piece] = parents_[parents_[piece]];
      piece = parents_[piece];
    }
    return piece;
  }

  uint64_t join(uint64_t a, uint64_t b) {
    a = rootOf(a);
    b = rootOf(b);
    if (b < a) std::swap(a, b);
    parents_[b] = a;
    return a;
  }

  size_t size() const { return parents_.size(); }

 private:
  std::vector<uint64_t> parents_{0};  // 0 is background
};

struct Step {
  int64_t z, y, x;
};

// The neighbours that come before a pixel in the order (z, y, x).
constexpr std::array<Step, 13> kBefore = {{{0, 0, -1},
                                           {0, -1, -1},
                                           {0, -1, 0},
                                           {0, -1, 1},
                                           {-1, -1, -1},
                                           {-1, -1, 0},
                                           {-1, -1, 1},
                                           {-1, 0, -1},
                                           {-1, 0, 0},
                                           {-1, 0, 1},
                                           {-1, 1, -1},
                                           {-1, 1, 0},
                                           {-1, 1, 1}}};

}  // namespace

void relabelComponents(std::span<uint64_t> ids, const Shape& frame) {
  Pieces pieces;
  std::vector<uint64_t> pieceOf(ids.size());
  size_t i = 0;
  for (int64_t z = 0; z < frame.z; ++z) {
    for (int64_t y = 0; y < frame.y; ++y) {
      for (int64_t x = 0; x < frame.x; ++x, ++i) {
        if (ids[i] == 0) continue;
        for (const Step& step : kBefore) {
          if (z + step.z < 0 || y + step.y < 0 || y + step.y >= frame.y || x + step.x < 0 || x + step.x >= frame.x) {
            continue;
          }
          const size_t other = i + static_cast<size_t>((step.z * frame.y + step.y) * frame.x + step.x);
          if (ids[other] != ids[i]) continue;
          pieceOf[i] = pieceOf[i] == 0 ? pieceOf[other] : pieces.join(pieceOf[i], pieceOf[other]);
        }
        if (pieceOf[i] == 0) pieceOf[i] = pieces.create();
      }
    }
  }
  std::vector<uint64_t> idOfRoot(pieces.size());
  uint64_t next = 0;
  for (size_t pixel = 0; pixel < ids.size(); ++pixel) {
    if (ids[pixel] == 0) continue;
    uint64_t& id = idOfRoot[pieces.rootOf(pieceOf[pixel])];
    if (id == 0) id = ++next;
    ids[pixel] = id;
  }
}

}  // namespace cyto
