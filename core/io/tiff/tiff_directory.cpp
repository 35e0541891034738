#include "core/io/tiff/tiff_directory.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <unordered_set>

namespace cyto::io {

namespace {

constexpr int64_t kMaxDirectories = 4'000'000;
constexpr int64_t kMaxEntries = 4096;
constexpr int64_t kMaxExtent = int64_t{1} << 31;
constexpr int64_t kMaxSamples = 4096;
constexpr int64_t kMaxSubDirectories = 4096;

enum Tag : uint16_t {
  kNewSubfileType = 254,
  kImageWidth = 256,
  kImageLength = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kFillOrder = 266,
  kImageDescription = 270,
  kStripOffsets = 273,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kStripByteCounts = 279,
  kXResolution = 282,
  kYResolution = 283,
  kPlanarConfiguration = 284,
  kResolutionUnit = 296,
  kSoftware = 305,
  kPredictor = 317,
  kTileWidth = 322,
  kTileLength = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kSubIfds = 330,
  kExtraSamples = 338,
  kSampleFormat = 339,
  kMetaMorphPlanes = 33629,
};

int sizeOfType(uint16_t type) {
  constexpr std::array<int, 19> kSizes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return type < kSizes.size() ? kSizes[type] : 0;
}

bool isInteger(uint16_t type) {
  return type == 1 || type == 3 || type == 4 || type == 6 || type == 8 || type == 9 || type == 13 || type >= 16;
}

}  // namespace

bool TiffDirectory::hasSamplesLike(const TiffDirectory& other) const {
  return bits == other.bits && sampleFormat == other.sampleFormat && samples == other.samples;
}

Error TiffStructure::damaged(const std::string& what) const {
  return cannotOpen(file_.path(), "the TIFF file is damaged: " + what + "; copy or export it again");
}

uint64_t TiffStructure::number(const std::byte* bytes, int size) const {
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) {
    value = (value << 8) | std::to_integer<uint64_t>(bytes[isBigEndian_ ? i : size - 1 - i]);
  }
  return value;
}

Result<TiffStructure> TiffStructure::open(FileBytes file) {
  TiffStructure tiff(std::move(file));
  std::array<std::byte, 16> header{};
  const auto size = static_cast<size_t>(std::min<int64_t>(16, tiff.file_.size_bytes()));
  if (size < 8) return tiff.damaged("it ends within its header");
  CYTO_TRY(tiff.file_.readAt(0, std::span(header).first(size)));
  tiff.isBigEndian_ = header[0] == std::byte{'M'};
  const uint64_t version = tiff.number(header.data() + 2, 2);
  tiff.isBig_ = version == 43;
  if (version != 42 && version != 43) return tiff.damaged("it has version " + std::to_string(version));
  if (tiff.isBig_ && (size < 16 || tiff.number(header.data() + 4, 2) != 8))
    return tiff.damaged("its BigTIFF header is wrong");
  const uint64_t first = tiff.isBig_ ? tiff.number(header.data() + 8, 8) : tiff.number(header.data() + 4, 4);
  if (first == 0 || first > static_cast<uint64_t>(tiff.file_.size_bytes())) {
    return tiff.damaged("its first directory lies outside the file");
  }
  tiff.firstOffset_ = static_cast<int64_t>(first);
  return tiff;
}

Result<TiffValues> TiffStructure::valuesOf(const std::byte* entry, int64_t entryOffset) const {
  TiffValues values;
  values.type = static_cast<uint16_t>(number(entry + 2, 2));
  const int field = isBig_ ? 8 : 4;
  const uint64_t count = number(entry + 4, field);
  const int size = sizeOfType(values.type);
  if (size == 0 || count == 0) return TiffValues{};
  if (count > static_cast<uint64_t>(file_.size_bytes())) return TiffValues{};
  values.count = static_cast<int64_t>(count);
  const bool isInline = values.count * size <= field;
  values.offset =
      isInline ? entryOffset + 4 + field : static_cast<int64_t>(number(entry + 4 + field, field) & INT64_MAX);
  if (values.offset > file_.size_bytes() || values.count * size > file_.size_bytes() - values.offset)
    return TiffValues{};
  return values;
}

Result<int64_t> TiffStructure::integerAt(const TiffValues& values, int64_t index) const {
  if (index < 0 || index >= values.count || !isInteger(values.type))
    return damaged("a tag has too few or wrong values");
  std::array<std::byte, 8> bytes{};
  const int size = sizeOfType(values.type);
  CYTO_TRY(file_.readAt(values.offset + index * size, std::span(bytes).first(static_cast<size_t>(size))));
  return static_cast<int64_t>(number(bytes.data(), size) & INT64_MAX);
}

Result<std::string> TiffStructure::text(const TiffValues& values, int64_t limit_bytes) const {
  if (!values.exists() || sizeOfType(values.type) != 1 || values.count > limit_bytes) return std::string();
  std::string text(static_cast<size_t>(values.count), '\0');
  CYTO_TRY(file_.readAt(values.offset, std::as_writable_bytes(std::span(text))));
  if (const size_t end = text.find('\0'); end != text.npos) text.resize(end);
  return text;
}

Result<double> TiffStructure::rational(const TiffValues& values) const {
  std::array<std::byte, 8> bytes{};
  const int size = sizeOfType(values.type);
  CYTO_TRY(file_.readAt(values.offset, std::span(bytes).first(static_cast<size_t>(size))));
  double value = 0;
  if (values.type == 5) {
    value = static_cast<double>(number(bytes.data(), 4)) / static_cast<double>(number(bytes.data() + 4, 4));
  } else if (values.type == 11) {
    value = std::bit_cast<float>(static_cast<uint32_t>(number(bytes.data(), 4)));
  } else if (values.type == 12) {
    value = std::bit_cast<double>(number(bytes.data(), 8));
  }
  return std::isfinite(value) && value > 0 ? value : 0.0;  // some writers leave 0/0
}

Result<bool> TiffStructure::allEqual(const TiffValues& values, int64_t& first) const {
  CYTO_ASSIGN(first, integerAt(values, 0));
  for (int64_t i = 1; i < std::min(values.count, kMaxSamples); ++i) {
    CYTO_ASSIGN(const int64_t value, integerAt(values, i));
    if (value != first) return false;
  }
  return true;
}

Status TiffStructure::applyTag(uint16_t tag, const TiffValues& values, TiffDirectory& directory) const {
  const auto assign = [&](auto& field) -> Status {
    CYTO_ASSIGN(const int64_t value, integerAt(values, 0));
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
    return {};
  };
  int64_t value = 0;
  switch (tag) {
    case kNewSubfileType: {
      CYTO_TRY(assign(value));
      directory.isReduced = (value & 1) != 0;
      directory.isMask = (value & 4) != 0;
      return {};
    }
    case kImageWidth: return assign(directory.width);
    case kImageLength: return assign(directory.height);
    case kBitsPerSample: {
      CYTO_ASSIGN(const bool equal, allEqual(values, value));
      directory.hasMixedSamples |= !equal;
      directory.bits = static_cast<int>(value);
      return {};
    }
    case kSampleFormat: {
      CYTO_ASSIGN(const bool equal, allEqual(values, value));
      directory.hasMixedSamples |= !equal;
      directory.sampleFormat = static_cast<int>(value);
      return {};
    }
    case kCompression: return assign(directory.compression);
    case kPhotometric: return assign(directory.photometric);
    case kFillOrder: return assign(directory.fillOrder);
    case kSamplesPerPixel: return assign(directory.samples);
    case kRowsPerStrip: return assign(directory.rowsPerStrip);
    case kPredictor: return assign(directory.predictor);
    case kTileWidth: return assign(directory.tileWidth);
    case kTileLength: return assign(directory.tileHeight);
    case kResolutionUnit: return assign(directory.resolutionUnit);
    case kPlanarConfiguration:
      CYTO_TRY(assign(value));
      directory.isPlanar = value == 2;
      return {};
    case kXResolution: {
      CYTO_ASSIGN(directory.xResolution, rational(values));
      return {};
    }
    case kYResolution: {
      CYTO_ASSIGN(directory.yResolution, rational(values));
      return {};
    }
    case kImageDescription:
      if (!directory.description.exists()) directory.description = values;
      return {};
    case kSoftware: directory.software = values; return {};
    case kStripOffsets:
    case kTileOffsets: directory.chunkOffsets = values; return {};
    case kStripByteCounts:
    case kTileByteCounts: directory.chunkSizes_bytes = values; return {};
    case kMetaMorphPlanes: directory.stkPlanes = values.count; return {};
    case kExtraSamples:
      for (int64_t i = 0; i < std::min(values.count, kMaxSamples); ++i) {
        CYTO_ASSIGN(value, integerAt(values, i));
        directory.extraSamples.push_back(static_cast<uint16_t>(value));
      }
      return {};
    case kSubIfds:
      for (int64_t i = 0; i < std::min(values.count, kMaxSubDirectories); ++i) {
        CYTO_ASSIGN(value, integerAt(values, i));
        directory.subDirectories.push_back(value);
      }
      return {};
    default: return {};
  }
}

Status TiffStructure::checkLayout(TiffDirectory& directory) const {
  const auto outside = [](int64_t value, int64_t limit) { return value < 1 || value > limit; };
  if (outside(directory.width, kMaxExtent) || outside(directory.height, kMaxExtent)) {
    return damaged("it announces " + std::to_string(directory.width) + " x " + std::to_string(directory.height) +
                   " pixels");
  }
  if (outside(directory.samples, kMaxSamples)) {
    return damaged("it announces " + std::to_string(directory.samples) + " samples per pixel");
  }
  if ((directory.tileWidth != 0) != (directory.tileHeight != 0) ||
      (directory.tileWidth != 0 &&
       (outside(directory.tileWidth, kMaxExtent) || outside(directory.tileHeight, kMaxExtent)))) {
    return damaged("its tiles have no valid size");
  }
  if (directory.samples == 1) directory.isPlanar = false;
  if (directory.rowsPerStrip < 1 || directory.rowsPerStrip > directory.height)
    directory.rowsPerStrip = directory.height;
  return {};
}

Result<TiffDirectory> TiffStructure::directoryAt(int64_t offset) const {
  const int countSize = isBig_ ? 8 : 2;
  const int entrySize = isBig_ ? 20 : 12;
  const int linkSize = isBig_ ? 8 : 4;
  std::array<std::byte, 8> head{};
  if (offset <= 0 || offset > file_.size_bytes() - countSize) return damaged("a directory lies outside the file");
  CYTO_TRY(file_.readAt(offset, std::span(head).first(static_cast<size_t>(countSize))));
  const uint64_t entries = number(head.data(), countSize);
  const int64_t available = file_.size_bytes() - offset - countSize;
  if (entries == 0 || entries > kMaxEntries || static_cast<int64_t>(entries) * entrySize > available) {
    return damaged("a directory with " + std::to_string(entries) + " tags does not fit into it");
  }
  // The link to the next directory may be cut off; then this one is the last.
  const int64_t table = static_cast<int64_t>(entries) * entrySize;
  std::vector<std::byte> bytes(static_cast<size_t>(std::min(table + linkSize, available)));
  CYTO_TRY(file_.readAt(offset + countSize, bytes));

  TiffDirectory directory;
  directory.offset = offset;
  for (uint64_t i = 0; i < entries; ++i) {
    const int64_t position = static_cast<int64_t>(i) * entrySize;
    const std::byte* entry = bytes.data() + position;
    CYTO_ASSIGN(const TiffValues values, valuesOf(entry, offset + countSize + position));
    if (values.exists()) CYTO_TRY(applyTag(static_cast<uint16_t>(number(entry, 2)), values, directory));
  }
  if (static_cast<int64_t>(bytes.size()) == table + linkSize) {
    directory.nextOffset = static_cast<int64_t>(number(bytes.data() + table, linkSize) & INT64_MAX);
  }
  CYTO_TRY(checkLayout(directory));
  return directory;
}

Result<std::vector<TiffDirectory>> TiffStructure::mainChain() const {
  std::vector<TiffDirectory> chain;
  std::unordered_set<int64_t> seen;
  for (int64_t offset = firstOffset_; offset != 0 && static_cast<int64_t>(chain.size()) < kMaxDirectories;) {
    if (!seen.insert(offset).second) break;
    auto directory = directoryAt(offset);
    if (!directory) {
      if (chain.empty()) return std::move(directory).error();
      break;
    }
    offset = directory->nextOffset;
    chain.push_back(*std::move(directory));
  }
  return chain;
}

}  // namespace cyto::io
