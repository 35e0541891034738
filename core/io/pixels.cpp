#include "core/io/pixels.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace cyto::io {

std::string FileDtype::name() const {
  if (isHalf) return "float16";
  if (isBool) return "bool";
  return std::string(dtypeName(dtype));
}

namespace {

template <typename Word, Word (*kSwap)(Word)>
void swapWords(std::span<std::byte> data) {
  for (size_t i = 0; i + sizeof(Word) <= data.size(); i += sizeof(Word)) {
    Word word;
    std::memcpy(&word, data.data() + i, sizeof(Word));
    word = kSwap(word);
    std::memcpy(data.data() + i, &word, sizeof(Word));
  }
}

uint16_t swap16(uint16_t word) { return __builtin_bswap16(word); }
uint32_t swap32(uint32_t word) { return __builtin_bswap32(word); }
uint64_t swap64(uint64_t word) { return __builtin_bswap64(word); }

}  // namespace

void swapBytes(std::span<std::byte> data, size_t elementSize) {
  switch (elementSize) {
    case 2: return swapWords<uint16_t, swap16>(data);
    case 4: return swapWords<uint32_t, swap32>(data);
    case 8: return swapWords<uint64_t, swap64>(data);
    default: return;
  }
}

float halfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1Fu;
  const uint32_t fraction = half & 0x3FFu;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  // Zero and subnormal halves: the fraction counts units of 2^-24.
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign != 0 ? -magnitude : magnitude;
}

void widenHalves(std::byte* data, size_t count) {
  for (size_t i = count; i-- > 0;) {  // from the end, so that nothing is overwritten before it is read
    uint16_t half;
    std::memcpy(&half, data + i * 2, 2);
    const float single = halfToFloat(half);
    std::memcpy(data + i * 4, &single, 4);
  }
}

void normaliseBools(std::span<std::byte> data) {
  for (std::byte& value : data) value = value == std::byte{0} ? value : std::byte{1};
}

Status checkRegion(const ImageInfo& info, const Box& box, int level) {
  if (level < 0 || level >= static_cast<int>(info.levels.size())) {
    return Error(ErrorCode::kInvalidArgument, "the image has no resolution level " + std::to_string(level) +
                                                  "; it has " + std::to_string(info.levels.size()));
  }
  const Shape& shape = info.levels[static_cast<size_t>(level)];
  if (box.isInside(shape)) return {};
  return Error(ErrorCode::kInvalidArgument, "the region from " + box.begin.text() + " to " + box.end.text() +
                                                " (t, z, y, x) lies outside the image of shape " + shape.text());
}

Result<Array> createPixels(Dtype dtype, const Shape& shape, int64_t channels) {
  const auto elements = shape.elements();
  const int64_t memory = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE);
  if (elements && channels > 0 && *elements / (memory / static_cast<int64_t>(dtypeSize(dtype)) / channels + 1) > 0) {
    return Error(ErrorCode::kOutOfMemory, "a region of shape " + shape.text() + " with " + std::to_string(channels) +
                                              " channel(s) of " + std::string(dtypeName(dtype)) +
                                              " is larger than the memory of this machine; read a smaller region");
  }
  return Array::create(dtype, shape, channels);
}

Result<Array> cropped(const Array& whole, const Box& box) {
  const Shape shape = box.shape();
  CYTO_ASSIGN(Array out, createPixels(whole.dtype(), shape, whole.channels()));
  const Shape& full = whole.shape();
  const size_t size = dtypeSize(whole.dtype());
  const size_t row_bytes = static_cast<size_t>(shape.x) * size;
  std::byte* target = out.data();
  for (int64_t c = 0; c < whole.channels(); ++c) {
    for (int64_t t = box.begin.t; t < box.end.t; ++t) {
      for (int64_t z = box.begin.z; z < box.end.z; ++z) {
        for (int64_t y = box.begin.y; y < box.end.y; ++y, target += row_bytes) {
          const int64_t first = (((c * full.t + t) * full.z + z) * full.y + y) * full.x + box.begin.x;
          std::copy_n(whole.data() + static_cast<size_t>(first) * size, row_bytes, target);
        }
      }
    }
  }
  return out;
}

}  // namespace cyto::io
