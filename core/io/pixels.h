#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/array/array.h"
#include "core/io/image_source.h"

namespace cyto::io {

/// Element types as files have them. Readers give the nearest type of the program: float16 becomes
/// float32, bool becomes uint8 with values 0 and 1.
struct FileDtype {
  Dtype dtype = Dtype::kUint8;  ///< what `read` gives
  bool isHalf = false;          ///< float16 in the file
  bool isBool = false;

  size_t bytesInFile() const { return isHalf ? 2 : dtypeSize(dtype); }
  std::string name() const;
};

/// Reverses the bytes of each element.
void swapBytes(std::span<std::byte> data, size_t elementSize);

/// IEEE 754 half precision to single, exact for every value, NaN and infinity included.
float halfToFloat(uint16_t half);

/// Widens `count` float16 values that fill the first half of `data` to float32 in place.
void widenHalves(std::byte* data, size_t count);

/// Makes every byte other than 0 a 1, as bools of files are read.
void normaliseBools(std::span<std::byte> data);

/// Success when `box` lies inside level `level`; the sentence otherwise (kInvalidArgument).
Status checkRegion(const ImageInfo& info, const Box& box, int level);

/// A zero-filled array, refused with kOutOfMemory when it is larger than the machine's memory.
Result<Array> createPixels(Dtype dtype, const Shape& shape, int64_t channels);

/// Copies `box` out of an array that holds the whole of a level.
Result<Array> cropped(const Array& whole, const Box& box);

}  // namespace cyto::io
