#pragma once

#include <cstddef>
#include <cstdint>

#include "core/io/pixels.h"

namespace cyto::io {

/// One row of samples as libtiff leaves it: packed most significant bit first when the depth is no whole
/// number of bytes, else in native byte order.
struct PackedRow {
  const std::byte* bytes = nullptr;
  int bits = 8;
  bool isSigned = false;
  bool isFloat24 = false;
};

/// Takes `count` samples from number `first` on, every `stride`-th, and writes them as elements of `dtype`.
void unpackSamples(const PackedRow& row, int64_t first, int64_t stride, int64_t count, const FileDtype& dtype,
                   std::byte* out);

}  // namespace cyto::io
