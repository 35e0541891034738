#include "core/nn/train/distance_transform.h"

#include <algorithm>

namespace cyto::nn {

namespace {

/// Distance to the nearest source of the same column.
std::vector<int64_t> distancesInColumns(const std::vector<char>& isSource, int64_t rows, int64_t columns) {
  std::vector<int64_t> distances(isSource.size());
  for (int64_t x = 0; x < columns; ++x) {
    int64_t distance = rows + columns;
    const auto indexOf = [&](int64_t y) { return static_cast<size_t>(y * columns + x); };
    for (int64_t y = 0; y < rows; ++y) {
      distance = isSource[indexOf(y)] != 0 ? 0 : std::min(distance + 1, rows + columns);
      distances[indexOf(y)] = distance;
    }
    distance = rows + columns;
    for (int64_t y = rows - 1; y >= 0; --y) {
      distance = isSource[indexOf(y)] != 0 ? 0 : std::min(distance + 1, rows + columns);
      distances[indexOf(y)] = std::min(distances[indexOf(y)], distance);
    }
  }
  return distances;
}

/// The lower envelope of the parabolas (x - i)² + height(i)² of one row, from left to right.
class Envelope {
 public:
  explicit Envelope(int64_t columns) : columns_(columns) {}

  void build(const int64_t* heights) {
    heights_ = heights;
    pieces_.assign(1, {0, 0});
    for (int64_t i = 1; i < columns_; ++i) {
      while (!pieces_.empty() && value(pieces_.back().first, pieces_.back().second) > value(pieces_.back().first, i)) {
        pieces_.pop_back();
      }
      const int64_t begin = pieces_.empty() ? 0 : 1 + crossing(pieces_.back().second, i);
      if (begin < columns_) pieces_.emplace_back(begin, i);
    }
  }

  void write(int64_t* squares) const {
    for (size_t piece = 0; piece < pieces_.size(); ++piece) {
      const int64_t end = piece + 1 < pieces_.size() ? pieces_[piece + 1].first : columns_;
      for (int64_t x = pieces_[piece].first; x < end; ++x) squares[x] = value(x, pieces_[piece].second);
    }
  }

 private:
  int64_t value(int64_t x, int64_t i) const { return (x - i) * (x - i) + heights_[i] * heights_[i]; }

  /// The last x where the parabola of `left` is not above that of `right`.
  int64_t crossing(int64_t left, int64_t right) const {
    return (right * right - left * left + heights_[right] * heights_[right] - heights_[left] * heights_[left]) /
           (2 * (right - left));
  }

  int64_t columns_;
  const int64_t* heights_ = nullptr;
  std::vector<std::pair<int64_t, int64_t>> pieces_;  // where each begins and whose it is
};

}  // namespace

std::vector<int64_t> squaredDistances(const std::vector<char>& isSource, int64_t rows, int64_t columns) {
  if (std::none_of(isSource.begin(), isSource.end(), [](char source) { return source != 0; })) {
    return std::vector<int64_t>(isSource.size(), (rows + columns) * (rows + columns));
  }
  std::vector<int64_t> distances = distancesInColumns(isSource, rows, columns);
  std::vector<int64_t> heights(static_cast<size_t>(columns));
  Envelope envelope(columns);
  for (int64_t y = 0; y < rows; ++y) {
    int64_t* const row = distances.data() + y * columns;
    std::copy(row, row + columns, heights.begin());
    envelope.build(heights.data());
    envelope.write(row);
  }
  return distances;
}

}  // namespace cyto::nn
