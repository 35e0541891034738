#pragma once

#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/io/image_source.h"

namespace cyto::test {

/// An image in memory that counts how often it is read, and fails when it is told to.
class MemorySource : public io::ImageSource {
 public:
  explicit MemorySource(std::vector<Array> levels) : levels_(std::move(levels)) {
    info_.format = "memory";
    info_.dtype = levels_.front().dtype();
    info_.shape = levels_.front().shape();
    info_.channels = levels_.front().channels();
    for (const Array& level : levels_) info_.levels.push_back(level.shape());
  }
  explicit MemorySource(Array image) : MemorySource(std::vector<Array>{std::move(image)}) {}

  const io::ImageInfo& info() const override { return info_; }
  io::ImageInfo& info() { return info_; }

  Result<Array> read(const Box& box, int level, const JobContext& job) const override {
    ++reads_;
    if (beforeRead) beforeRead();
    CYTO_TRY(job.cancel.check());
    const Array& from = levels_[static_cast<size_t>(level)];
    if (failure) return Error(*failure);
    if (!box.isInside(from.shape())) return Error(ErrorCode::kInvalidArgument, "outside the level");
    readLevels[static_cast<size_t>(level)] = true;
    CYTO_ASSIGN(Array out, Array::create(from.dtype(), box.shape(), from.channels()));
    const auto size = static_cast<int64_t>(dtypeSize(from.dtype()));
    const Shape &whole = from.shape(), part = box.shape();
    for (int64_t c = 0; c < from.channels(); ++c) {
      for (int64_t y = 0; y < part.y; ++y) {
        const int64_t plane = (c * whole.t + box.begin.t) * whole.z + box.begin.z;
        const int64_t start = (plane * whole.y + box.begin.y + y) * whole.x + box.begin.x;
        std::memcpy(out.data() + (c * part.y + y) * part.x * size, from.data() + start * size,
                    static_cast<size_t>(part.x * size));
      }
    }
    return out;
  }

  int reads() const { return reads_; }

  std::optional<Error> failure;
  std::function<void()> beforeRead;
  mutable std::array<std::atomic<bool>, 16> readLevels{};

 private:
  io::ImageInfo info_;
  std::vector<Array> levels_;
  mutable std::atomic<int> reads_ = 0;
};

/// An image of one frame and slice whose pixels are `value(channel, y, x)`.
template <typename T, typename Value>
Array imageOf(int64_t rows, int64_t columns, int64_t channels, Value value) {
  Array image = *Array::create(DtypeOf<T>::value, {1, 1, rows, columns}, channels);
  for (int64_t c = 0; c < channels; ++c) {
    const auto plane = image.plane<T>(c, 0, 0);
    for (int64_t y = 0; y < rows; ++y) {
      for (int64_t x = 0; x < columns; ++x)
        plane[static_cast<size_t>(y * columns + x)] = static_cast<T>(value(c, y, x));
    }
  }
  return image;
}

}  // namespace cyto::test
