#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <span>

#include "core/array/dtype.h"
#include "core/array/shape.h"
#include "core/base/result.h"

namespace cyto {

/// A dense block of pixels in memory, in the order (c, t, z, y, x), C-contiguous, native byte order.
/// The pixels are shared between copies: copying an Array is cheap, and writers make their own with
/// `create`. Distinct objects may be used from distinct threads.
class Array {
 public:
  Array() = default;

  /// Zero-filled. Fails with kOutOfMemory when the size overflows or memory is refused.
  static Result<Array> create(Dtype dtype, const Shape& shape, int64_t channels = 1);

  Dtype dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t channels() const { return channels_; }
  int64_t elements() const { return channels_ * *shape_.elements(); }
  int64_t size_bytes() const { return elements() * static_cast<int64_t>(dtypeSize(dtype_)); }

  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }

  /// All elements; T must be the C++ type of `dtype()`.
  template <typename T>
  std::span<T> as() {
    assert(DtypeOf<T>::value == dtype_);
    return {reinterpret_cast<T*>(bytes_.get()), static_cast<size_t>(elements())};
  }
  template <typename T>
  std::span<const T> as() const {
    return const_cast<Array*>(this)->as<T>();
  }

  /// The (y, x) elements of one plane of one channel.
  template <typename T>
  std::span<T> plane(int64_t channel, int64_t t, int64_t z) {
    const int64_t size = shape_.y * shape_.x;
    return as<T>().subspan(static_cast<size_t>(((channel * shape_.t + t) * shape_.z + z) * size),
                           static_cast<size_t>(size));
  }
  template <typename T>
  std::span<const T> plane(int64_t channel, int64_t t, int64_t z) const {
    return const_cast<Array*>(this)->plane<T>(channel, t, z);
  }

 private:
  Dtype dtype_ = Dtype::kUint8;
  Shape shape_{1, 1, 0, 0};
  int64_t channels_ = 1;
  std::shared_ptr<std::byte[]> bytes_;
};

}  // namespace cyto
