#include "core/embedding/image_fingerprint.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "core/base/sha1.h"
#include "core/base/xxh128.h"

namespace cyto {

namespace {

constexpr int64_t kBandBytes = int64_t{32} << 20;
constexpr int64_t kBandStep = 256;  // whole rows of tiles of a tiled file, so that none is decoded twice

/// Both hashes of one stream of bytes.
class TwoHashes {
 public:
  void addHeader(const std::string& text) { fast_.add(text.data(), text.size()); }

  void add(std::span<const std::byte> bytes) {
    sha1_.add(bytes);
    fast_.add(bytes.data(), bytes.size());
  }

  ImageFingerprint finish() { return {sha1_.finish(), fast_.text()}; }

 private:
  Sha1 sha1_;
  Xxh128 fast_;
};

/// Exact for the values that float16 can hold, which are all that occur here.
uint16_t toHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const int32_t exponent = static_cast<int32_t>((bits >> 23) & 0xffu) - 127;
  const uint32_t fraction = bits & 0x7fffffu;
  if (exponent == 128) return static_cast<uint16_t>(sign | 0x7c00u | (fraction >> 13));
  if (exponent >= -14) return static_cast<uint16_t>(sign | static_cast<uint32_t>(exponent + 15) << 10 | fraction >> 13);
  if (exponent < -24) return static_cast<uint16_t>(sign);
  return static_cast<uint16_t>(sign | (fraction | 0x800000u) >> (-exponent - 1));
}

template <typename T>
void interleave(const Array& band, std::vector<std::byte>& out) {
  const int64_t channels = band.channels();
  const int64_t pixels = band.shape().y * band.shape().x;
  out.resize(static_cast<size_t>(band.size_bytes()));
  const T* from = reinterpret_cast<const T*>(band.data());
  T* to = reinterpret_cast<T*>(out.data());
  for (int64_t i = 0; i < pixels; ++i) {
    for (int64_t c = 0; c < channels; ++c) *to++ = from[c * pixels + i];
  }
}

void channelsLast(const Array& band, std::vector<std::byte>& out) {
  switch (dtypeSize(band.dtype())) {
    case 1: return interleave<uint8_t>(band, out);
    case 2: return interleave<uint16_t>(band, out);
    case 4: return interleave<uint32_t>(band, out);
    default: return interleave<uint64_t>(band, out);
  }
}

void narrowToHalf(std::vector<std::byte>& bytes) {
  const size_t count = bytes.size() / sizeof(float);
  for (size_t i = 0; i < count; ++i) {
    float value = 0;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    const uint16_t half = toHalf(value);
    std::memcpy(bytes.data() + i * sizeof half, &half, sizeof half);
  }
  bytes.resize(count * sizeof(uint16_t));
}

void addBand(const Array& band, bool isHalf, std::vector<std::byte>& buffer, TwoHashes& hashes) {
  const std::span<const std::byte> bytes(band.data(), static_cast<size_t>(band.size_bytes()));
  if (band.channels() == 1 && !isHalf) return hashes.add(bytes);
  if (band.channels() > 1) {
    channelsLast(band, buffer);
  } else {
    buffer.assign(bytes.begin(), bytes.end());
  }
  if (isHalf) narrowToHalf(buffer);
  hashes.add(buffer);
}

int64_t rowsPerBand(const io::ImageInfo& info) {
  const int64_t rowBytes =
      std::max<int64_t>(1, info.shape.x * info.channels * static_cast<int64_t>(dtypeSize(info.dtype)));
  const int64_t rows = std::max<int64_t>(1, kBandBytes / rowBytes);
  return rows > kBandStep ? rows / kBandStep * kBandStep : rows;
}

}  // namespace

Result<ImageFingerprint> fingerprintOf(const io::ImageSource& image, const JobContext& job) {
  const io::ImageInfo& info = image.info();
  const Shape& shape = info.shape;
  const bool isHalf = info.fileDtype == "float16";
  const int64_t step = rowsPerBand(info);
  ProgressReporter progress(job, "reading", shape.t * shape.z);
  TwoHashes hashes;
  hashes.addHeader(std::string(isHalf ? "float16" : dtypeName(info.dtype)) + shape.text() +
                   std::to_string(info.channels));
  std::vector<std::byte> buffer;
  for (int64_t t = 0; t < shape.t; ++t) {
    for (int64_t z = 0; z < shape.z; ++z) {
      for (int64_t y = 0; y < shape.y; y += step) {
        CYTO_TRY(job.cancel.check());
        const Box box{{t, z, y, 0}, {t + 1, z + 1, std::min(y + step, shape.y), shape.x}};
        CYTO_ASSIGN(const Array band, image.read(box, 0, {job.cancel, {}}));
        addBand(band, isHalf, buffer, hashes);
      }
      progress.advance();
    }
  }
  return hashes.finish();
}

std::string embeddingKey(const std::string& contentHash, const ModelIdentity& model, int64_t slice,
                         const PlaneBox& tile) {
  std::string key = contentHash + '|' + model.weightsHash + '|' + model.preprocessing + '|' +
                    std::string(precisionName(model.precision)) + '|' + std::to_string(slice);
  for (const int64_t side : {tile.y0, tile.x0, tile.y1, tile.x1}) key += ',' + std::to_string(side);
  return key;
}

}  // namespace cyto
