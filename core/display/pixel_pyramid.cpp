#include "core/display/pixel_pyramid.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <type_traits>

namespace cyto {

namespace {

constexpr int kNotInFile = -1;
constexpr std::chrono::milliseconds kCancelPoll{20};

int64_t halfRoundedUp(int64_t extent) { return (extent + 1) / 2; }

/// Whole numbers are rounded to the nearest, halves up. Of floating point numbers the finite ones count, so that one
/// dead pixel does not spread over all coarse levels.
template <typename T>
T meanOfFour(T a, T b, T c, T d) {
  if constexpr (std::is_floating_point_v<T>) {
    const T mean = (a * T(0.25) + b * T(0.25)) + (c * T(0.25) + d * T(0.25));
    if (std::isfinite(mean)) return mean;
    double sum = 0;
    int count = 0;
    for (const T value : {a, b, c, d}) {
      if (!std::isfinite(value)) continue;
      sum += static_cast<double>(value);
      ++count;
    }
    return count == 0 ? mean : static_cast<T>(sum / count);
  } else if constexpr (sizeof(T) == 8) {
    // The sum of four may not fit any type: quarters and remainders are added apart.
    const T quarters = (a >> 2) + (b >> 2) + (c >> 2) + (d >> 2);
    return quarters + (((a & 3) + (b & 3) + (c & 3) + (d & 3) + 2) >> 2);
  } else {
    using Sum = std::conditional_t<sizeof(T) == 4, int64_t, int32_t>;
    return static_cast<T>((Sum(a) + Sum(b) + Sum(c) + Sum(d) + 2) >> 2);
  }
}

template <typename T>
void halveRow(const T* upper, const T* lower, int64_t columns, T* out) {
  for (int64_t x = 0; x < columns / 2; ++x) {
    out[x] = meanOfFour(upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]);
  }
  if (columns % 2 == 1) {
    out[columns / 2] = meanOfFour(upper[columns - 1], upper[columns - 1], lower[columns - 1], lower[columns - 1]);
  }
}

/// Writes the means of 2 x 2 pixels of `fine` into `coarse` from (y0, x0) on. A last odd row or column counts twice.
template <typename T>
void halveInto(const Array& fine, Array& coarse, int64_t y0, int64_t x0) {
  const int64_t rows = fine.shape().y, columns = fine.shape().x;
  for (int64_t c = 0; c < fine.channels(); ++c) {
    const T* from = fine.plane<T>(c, 0, 0).data();
    T* to = coarse.plane<T>(c, 0, 0).data() + y0 * coarse.shape().x + x0;
    for (int64_t y = 0; y < rows; y += 2) {
      const T* upper = from + y * columns;
      halveRow(upper, y + 1 < rows ? upper + columns : upper, columns, to + y / 2 * coarse.shape().x);
    }
  }
}

/// Fills `to` from `from`, which begins `offset` before it; what `from` lacks repeats its last row and column.
template <typename T>
void copyClamped(const Array& from, const Extent2& offset, Array& to) {
  for (int64_t c = 0; c < from.channels(); ++c) {
    const auto in = from.plane<T>(c, 0, 0);
    const auto out = to.plane<T>(c, 0, 0);
    for (int64_t y = 0; y < to.shape().y; ++y) {
      const int64_t fromRow = std::min(y + offset.y, from.shape().y - 1) * from.shape().x;
      for (int64_t x = 0; x < to.shape().x; ++x) {
        const int64_t fromColumn = std::min(x + offset.x, from.shape().x - 1);
        out[static_cast<size_t>(y * to.shape().x + x)] = in[static_cast<size_t>(fromRow + fromColumn)];
      }
    }
  }
}

}  // namespace

/// The right to make one block. Waits while somebody else makes it.
class PixelPyramid::Turn {
 public:
  static Result<std::unique_ptr<Turn>> wait(PixelPyramid& pyramid, const BlockKey& key, const JobContext& job) {
    std::unique_lock lock(pyramid.turnMutex_);
    while (pyramid.beingMade_.contains(key)) {
      pyramid.turnEnded_.wait_for(lock, kCancelPoll);
      CYTO_TRY(job.cancel.check());
    }
    pyramid.beingMade_.insert(key);
    return std::unique_ptr<Turn>(new Turn(pyramid, key));
  }

  ~Turn() {
    {
      const std::lock_guard lock(pyramid_.turnMutex_);
      pyramid_.beingMade_.erase(key_);
    }
    pyramid_.turnEnded_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Turn(PixelPyramid& pyramid, const BlockKey& key) : pyramid_(pyramid), key_(key) {}

  PixelPyramid& pyramid_;
  BlockKey key_;
};

size_t PixelPyramid::BlockKeyHash::operator()(const BlockKey& key) const {
  uint64_t hash = 0;
  for (const int64_t part : {key.t, key.z, static_cast<int64_t>(key.level), key.row, key.column}) {
    hash = (hash ^ static_cast<uint64_t>(part)) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32;
  }
  return static_cast<size_t>(hash);
}

PixelPyramid::PixelPyramid(std::shared_ptr<const io::ImageSource> source, int64_t budget_bytes)
    : source_(std::move(source)), budget_bytes_(budget_bytes), cache_(budget_bytes) {
  Extent2 shape{info().shape.y, info().shape.x};
  shapes_.push_back(shape);
  fileLevels_.push_back(0);
  while (std::max(shape.y, shape.x) > kBlockSide) {
    shape = {halfRoundedUp(shape.y), halfRoundedUp(shape.x)};
    shapes_.push_back(shape);
    fileLevels_.push_back(fileLevelOf(shape));
  }
}

int PixelPyramid::levelInFile(int level) const {
  while (level > 0 && fileLevels_[static_cast<size_t>(level)] == kNotInFile) --level;
  return level;
}

Extent2 PixelPyramid::gridOf(int level) const {
  const Extent2 shape = shapeOf(level);
  return {(shape.y + kBlockSide - 1) / kBlockSide, (shape.x + kBlockSide - 1) / kBlockSide};
}

PlaneBox PixelPyramid::boxOf(const BlockKey& key) const {
  const int64_t y0 = key.row * kBlockSide, x0 = key.column * kBlockSide;
  const Extent2 shape = shapeOf(key.level);
  return PlaneBox{y0, x0, y0 + kBlockSide, x0 + kBlockSide}.clippedTo({0, 0, shape.y, shape.x});
}

int PixelPyramid::fileLevelOf(const Extent2& shape) const {
  // Writers round halves down or up; over all levels that makes at most one row or column.
  const auto isNear = [](int64_t a, int64_t b) { return b >= 1 && std::abs(a - b) <= 1; };
  for (size_t i = 1; i < info().levels.size(); ++i) {
    const Shape& level = info().levels[i];
    if (level.t != info().shape.t || level.z != info().shape.z) continue;
    if (isNear(shape.y, level.y) && isNear(shape.x, level.x)) return static_cast<int>(i);
  }
  return kNotInFile;
}

Result<std::shared_ptr<const Array>> PixelPyramid::block(const BlockKey& key, const JobContext& job) {
  assert(key.level >= 0 && key.level < levels() && !boxOf(key).isEmpty());
  if (auto kept = cache_.find(key)) return kept;
  CYTO_TRY(job.cancel.check());
  // A block waits only for blocks of finer levels, so waiting never goes round in a circle.
  CYTO_ASSIGN(const std::unique_ptr<Turn> turn, Turn::wait(*this, key, job));
  if (auto kept = cache_.find(key)) return kept;
  CYTO_ASSIGN(Array made, make(key, job));
  const auto shared = std::make_shared<const Array>(std::move(made));
  cache_.insert(key, shared, shared->size_bytes());
  return shared;
}

Result<Array> PixelPyramid::make(const BlockKey& key, const JobContext& job) {
  const int fileLevel = fileLevels_[static_cast<size_t>(key.level)];
  return fileLevel == kNotInFile ? halve(key, job) : readFromFile(key, fileLevel, job);
}

Result<Array> PixelPyramid::readFromFile(const BlockKey& key, int fileLevel, const JobContext& job) const {
  const PlaneBox box = boxOf(key);
  const Shape shape = fileLevel == 0 ? info().shape : info().levels[static_cast<size_t>(fileLevel)];
  // A level that the file rounds down may end before the block does, or even before it begins.
  const PlaneBox there{std::min(box.y0, shape.y - 1), std::min(box.x0, shape.x - 1), std::min(box.y1, shape.y),
                       std::min(box.x1, shape.x)};
  CYTO_ASSIGN(
      Array read,
      source_->read({{key.t, key.z, there.y0, there.x0}, {key.t + 1, key.z + 1, there.y1, there.x1}}, fileLevel, job));
  if (there == box) return read;
  CYTO_ASSIGN(Array padded, Array::create(read.dtype(), {1, 1, box.height(), box.width()}, read.channels()));
  const Extent2 offset{box.y0 - there.y0, box.x0 - there.x0};
  visitDtype(read.dtype(), [&](auto zero) { copyClamped<decltype(zero)>(read, offset, padded); });
  return padded;
}

Result<Array> PixelPyramid::halve(const BlockKey& key, const JobContext& job) {
  const PlaneBox box = boxOf(key);
  CYTO_ASSIGN(Array coarse, Array::create(info().dtype, {1, 1, box.height(), box.width()}, info().channels));
  const Extent2 grid = gridOf(key.level - 1);
  for (int64_t row = 2 * key.row; row < std::min(2 * key.row + 2, grid.y); ++row) {
    for (int64_t column = 2 * key.column; column < std::min(2 * key.column + 2, grid.x); ++column) {
      // Only one finer block per level is held at a time, however large the image is.
      CYTO_ASSIGN(const std::shared_ptr<const Array> fine,
                  passingBlock({key.t, key.z, key.level - 1, row, column}, job));
      const int64_t y0 = row % 2 * (kBlockSide / 2), x0 = column % 2 * (kBlockSide / 2);
      visitDtype(fine->dtype(), [&](auto zero) { halveInto<decltype(zero)>(*fine, coarse, y0, x0); });
    }
  }
  return coarse;
}

Result<std::shared_ptr<const Array>> PixelPyramid::passingBlock(const BlockKey& key, const JobContext& job) {
  if (isKeptInPassing(key.level)) return block(key, job);
  if (auto kept = cache_.find(key)) return kept;
  CYTO_TRY(job.cancel.check());
  CYTO_ASSIGN(Array made, make(key, job));
  return std::make_shared<const Array>(std::move(made));
}

bool PixelPyramid::isKeptInPassing(int level) const {
  // Means are dear, keep them. What can be read again would, in a large image, push all of them out.
  if (fileLevels_[static_cast<size_t>(level)] == kNotInFile) return true;
  const Extent2 shape = shapeOf(level);
  const double plane_bytes = static_cast<double>(shape.y) * static_cast<double>(shape.x) *
                             static_cast<double>(info().channels) * static_cast<double>(dtypeSize(info().dtype));
  return plane_bytes <= static_cast<double>(budget_bytes_) / 2;
}

}  // namespace cyto
