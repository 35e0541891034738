#include "core/nn/train/distance_targets.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/nn/train/distance_transform.h"

namespace cyto::nn {

namespace {

constexpr double kTiny = 1e-7;

/// A grid position in (y, x) order.
struct Cell {
  int64_t y = 0, x = 0;
};

/// A connected piece of a label.
struct Piece {
  std::vector<Cell> pixels;
  Cell first, size;  // of its bounds

  size_t indexInBounds(Cell at) const { return static_cast<size_t>((at.y - first.y) * size.x + at.x - first.x); }
};

/// Values of a piece's pixels, in their order, divided by the largest.
void writeNormalised(const Piece& piece, const std::vector<double>& values, float* map, int64_t columns) {
  const double largest = *std::max_element(values.begin(), values.end()) + kTiny;
  for (size_t i = 0; i < values.size(); ++i) {
    map[piece.pixels[i].y * columns + piece.pixels[i].x] = static_cast<float>(values[i] / largest);
  }
}

class DistanceDrawing {
 public:
  DistanceDrawing(const at::Tensor& labels, const at::Tensor& inside)
      : rows_(labels.size(0)),
        columns_(labels.size(1)),
        labelsHeld_(labels.contiguous()),
        insideHeld_(inside.contiguous()),
        labels_(labelsHeld_.const_data_ptr<float>()),
        inside_(insideHeld_.const_data_ptr<float>()),
        isTaken_(static_cast<size_t>(rows_ * columns_)),
        maps_(at::ones({3, rows_, columns_}, at::kFloat)) {}

  at::Tensor draw() {
    maps_[0].zero_();
    for (int64_t y = 0; y < rows_; ++y) {
      for (int64_t x = 0; x < columns_; ++x) {
        const auto at = static_cast<size_t>(y * columns_ + x);
        if (labels_[at] > 0 && isTaken_[at] == 0) drawPiece(takePiece({y, x}));
      }
    }
    return maps_;
  }

 private:
  bool contains(Cell at) const { return at.y >= 0 && at.y < rows_ && at.x >= 0 && at.x < columns_; }
  float labelAt(Cell at) const { return labels_[at.y * columns_ + at.x]; }

  Piece takePiece(Cell start) {
    Piece piece;
    Cell last = piece.first = start;
    const float label = labelAt(start);
    std::vector<Cell> open = {start};
    isTaken_[static_cast<size_t>(start.y * columns_ + start.x)] = 1;
    while (!open.empty()) {
      const Cell cell = open.back();
      open.pop_back();
      piece.pixels.push_back(cell);
      piece.first = {std::min(piece.first.y, cell.y), std::min(piece.first.x, cell.x)};
      last = {std::max(last.y, cell.y), std::max(last.x, cell.x)};
      for (int64_t i = 0; i < 9; ++i) {
        const Cell next{cell.y + i / 3 - 1, cell.x + i % 3 - 1};
        if (!contains(next) || labelAt(next) != label) continue;
        char& isTaken = isTaken_[static_cast<size_t>(next.y * columns_ + next.x)];
        if (isTaken == 0) open.push_back(next);
        isTaken = 1;
      }
    }
    piece.size = {last.y - piece.first.y + 1, last.x - piece.first.x + 1};
    return piece;
  }

  bool isOnBoundary(Cell cell) const {
    for (const Cell step : {Cell{-1, 0}, Cell{1, 0}, Cell{0, -1}, Cell{0, 1}}) {
      const Cell next{cell.y + step.y, cell.x + step.x};
      const bool isInImage = contains(next) && inside_[next.y * columns_ + next.x] > 0;
      if (isInImage && labelAt(next) != labelAt(cell)) return true;
    }
    return false;
  }

  /// Of each pixel of the piece.
  std::vector<double> depths(const Piece& piece) const {
    std::vector<char> isBoundary(static_cast<size_t>(piece.size.y * piece.size.x));
    bool hasBoundary = false;
    for (const Cell cell : piece.pixels) {
      if (!isOnBoundary(cell)) continue;
      isBoundary[piece.indexInBounds(cell)] = 1;
      hasBoundary = true;
    }
    std::vector<double> result(piece.pixels.size());
    if (!hasBoundary) return result;
    const std::vector<int64_t> squares = squaredDistances(isBoundary, piece.size.y, piece.size.x);
    for (size_t i = 0; i < result.size(); ++i) {
      result[i] = std::sqrt(static_cast<double>(squares[piece.indexInBounds(piece.pixels[i])]));
    }
    return result;
  }

  static Cell centreOf(const Piece& piece, const std::vector<double>& depths) {
    double y = 0, x = 0;
    for (const Cell cell : piece.pixels) {
      y += static_cast<double>(cell.y);
      x += static_cast<double>(cell.x);
    }
    const auto count = static_cast<double>(piece.pixels.size());
    const Cell centroid{std::lrint(y / count), std::lrint(x / count)};
    const auto isThere = [&](Cell cell) { return cell.y == centroid.y && cell.x == centroid.x; };
    if (std::any_of(piece.pixels.begin(), piece.pixels.end(), isThere)) return centroid;
    return piece.pixels[static_cast<size_t>(std::max_element(depths.begin(), depths.end()) - depths.begin())];
  }

  void drawPiece(Piece piece) {
    // In reading order, so that the first of several deepest pixels does not depend on how the piece was found.
    std::sort(piece.pixels.begin(), piece.pixels.end(),
              [](Cell a, Cell b) { return a.y != b.y ? a.y < b.y : a.x < b.x; });
    const std::vector<double> depth = depths(piece);
    const double deepest = *std::max_element(depth.begin(), depth.end());
    const Cell centre = centreOf(piece, depth);
    std::vector<double> toCentre, toBoundary;
    for (size_t i = 0; i < piece.pixels.size(); ++i) {
      const Cell cell = piece.pixels[i];
      toCentre.push_back(std::hypot(static_cast<double>(cell.y - centre.y), static_cast<double>(cell.x - centre.x)));
      toBoundary.push_back(deepest - depth[i]);
      map(0)[cell.y * columns_ + cell.x] = 1;
    }
    writeNormalised(piece, toCentre, map(1), columns_);
    writeNormalised(piece, toBoundary, map(2), columns_);
  }

  float* map(int64_t channel) { return maps_.mutable_data_ptr<float>() + channel * rows_ * columns_; }

  int64_t rows_, columns_;
  at::Tensor labelsHeld_, insideHeld_;
  const float* labels_;
  const float* inside_;
  std::vector<char> isTaken_;
  at::Tensor maps_;
};

}  // namespace

at::Tensor distanceTargets(const at::Tensor& labels, const at::Tensor& inside) {
  return DistanceDrawing(labels, inside).draw();
}

}  // namespace cyto::nn
