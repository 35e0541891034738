#include "core/array/array.h"

#include <new>

namespace cyto {

Result<Array> Array::create(Dtype dtype, const Shape& shape, int64_t channels) {
  const auto tooLarge = [&] {
    return Error(ErrorCode::kOutOfMemory, "an array of shape " + shape.text() + " with " + std::to_string(channels) +
                                              " channel(s) of " + std::string(dtypeName(dtype)) +
                                              " does not fit into memory; read a smaller region");
  };
  const auto elements = shape.elements();
  int64_t size_bytes = 0;
  if (!elements || channels < 1 || __builtin_mul_overflow(*elements, channels, &size_bytes) ||
      __builtin_mul_overflow(size_bytes, static_cast<int64_t>(dtypeSize(dtype)), &size_bytes)) {
    return tooLarge();
  }
  Array array;
  array.dtype_ = dtype;
  array.shape_ = shape;
  array.channels_ = channels;
  try {
    array.bytes_ = std::make_shared<std::byte[]>(static_cast<size_t>(size_bytes));
  } catch (const std::bad_alloc&) {
    return tooLarge();
  }
  return array;
}

}  // namespace cyto
