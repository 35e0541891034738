#include "core/io/tiff/sample_unpacking.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace cyto::io {

namespace {

template <typename T>
void copyStrided(const std::byte* row, int64_t first, int64_t stride, int64_t count, std::byte* out) {
  const std::byte* from = row + first * static_cast<int64_t>(sizeof(T));
  if (stride == 1) {
    std::memcpy(out, from, static_cast<size_t>(count) * sizeof(T));
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(out + i * static_cast<int64_t>(sizeof(T)), from + i * stride * static_cast<int64_t>(sizeof(T)),
                sizeof(T));
  }
}

uint64_t bitsAt(const std::byte* bytes, int64_t position, int count) {
  uint64_t value = 0;
  for (int64_t bit = position; bit < position + count;) {
    const int inByte = static_cast<int>(bit % 8);
    const int take = static_cast<int>(std::min<int64_t>(8 - inByte, position + count - bit));
    const auto byte = std::to_integer<uint64_t>(bytes[bit / 8]);
    value = (value << take) | ((byte >> (8 - inByte - take)) & ((uint64_t{1} << take) - 1));
    bit += take;
  }
  return value;
}

// Sign, 7 bits of exponent with bias 63, 16 bits of fraction (Adobe, TIFF Technical Note 3).
float float24(uint32_t word) {
  const int exponent = static_cast<int>((word >> 16) & 0x7F);
  const auto fraction = static_cast<float>(word & 0xFFFF);
  float magnitude = 0;
  if (exponent == 0x7F) {
    magnitude = fraction == 0 ? HUGE_VALF : std::nanf("");
  } else if (exponent == 0) {
    magnitude = std::ldexp(fraction, -62 - 16);
  } else {
    magnitude = std::ldexp(1.0F + fraction / 65536.0F, exponent - 63);
  }
  return (word & 0x800000) != 0 ? -magnitude : magnitude;
}

template <typename T>
void store(std::byte* out, int64_t index, T value) {
  std::memcpy(out + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

uint32_t nativeTriple(const std::byte* bytes) {
  const auto b = [&](int i) { return std::to_integer<uint32_t>(bytes[i]); };
  if (std::endian::native == std::endian::little) return b(0) | (b(1) << 8) | (b(2) << 16);
  return b(2) | (b(1) << 8) | (b(0) << 16);
}

void storeInteger(uint64_t value, const PackedRow& row, Dtype dtype, std::byte* out, int64_t index) {
  if (row.isSigned && (value >> (row.bits - 1)) != 0) value |= ~uint64_t{0} << row.bits;
  visitDtype(dtype, [&](auto zero) { store(out, index, static_cast<decltype(zero)>(static_cast<int64_t>(value))); });
}

}  // namespace

void unpackSamples(const PackedRow& row, int64_t first, int64_t stride, int64_t count, const FileDtype& dtype,
                   std::byte* out) {
  if (dtype.isHalf) {
    for (int64_t i = 0; i < count; ++i) {
      uint16_t half;
      std::memcpy(&half, row.bytes + (first + i * stride) * 2, 2);
      store(out, i, halfToFloat(half));
    }
    return;
  }
  switch (row.bits) {
    case 8: return copyStrided<uint8_t>(row.bytes, first, stride, count, out);
    case 16: return copyStrided<uint16_t>(row.bytes, first, stride, count, out);
    case 32: return copyStrided<uint32_t>(row.bytes, first, stride, count, out);
    case 64: return copyStrided<uint64_t>(row.bytes, first, stride, count, out);
    default: break;
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t sample = first + i * stride;
    if (row.bits == 24) {
      const uint32_t word = nativeTriple(row.bytes + sample * 3);
      if (row.isFloat24) {
        store(out, i, float24(word));
      } else {
        storeInteger(word, row, dtype.dtype, out, i);
      }
    } else {
      storeInteger(bitsAt(row.bytes, sample * row.bits, row.bits), row, dtype.dtype, out, i);
    }
  }
}

}  // namespace cyto::io
