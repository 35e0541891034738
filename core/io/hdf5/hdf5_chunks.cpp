#include "core/io/hdf5/hdf5_chunks.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/io/file_bytes.h"
#include "core/io/hdf5/hdf5_file.h"
#include "core/io/nd_box.h"
#include "core/io/zarr/chunk_codecs.h"

namespace cyto::io {

namespace {

constexpr int64_t kMaxChunk_bytes = int64_t{4} << 30;

bool isPlainType(hid_t type, const FileDtype& dtype) {
  if (H5Tget_size(type) != dtype.bytesInFile()) return false;
  if (dtype.isBool) return true;
  if (H5Tget_precision(type) != dtype.bytesInFile() * 8) return false;
  if (!isFloat(dtype.dtype)) return true;
  if (dtype.isHalf) {
    size_t sign = 0, exponent = 0, exponentSize = 0, fraction = 0, fractionSize = 0;
    H5Tget_fields(type, &sign, &exponent, &exponentSize, &fraction, &fractionSize);
    return sign == 15 && exponent == 10 && exponentSize == 5 && fractionSize == 10 && H5Tget_ebias(type) == 15;
  }
  return H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0 ||
         H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
}

std::optional<std::vector<H5Z_filter_t>> knownFilters(hid_t properties) {
  std::vector<H5Z_filter_t> filters;
  const int count = H5Pget_nfilters(properties);
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    size_t values = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, nullptr);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
      return std::nullopt;
    filters.push_back(filter);
  }
  return filters;
}

}  // namespace

std::optional<Hdf5Chunks> Hdf5Chunks::of(hid_t dataset, const FileDtype& dtype) {
  const Hdf5Id properties(H5Dget_create_plist(dataset));
  const Hdf5Id type(H5Dget_type(dataset));
  if (H5Pget_layout(properties.get()) != H5D_CHUNKED || !isPlainType(type.get(), dtype)) return std::nullopt;
  Hdf5Chunks chunks;
  hsize_t extents[H5S_MAX_RANK];
  const int rank = H5Pget_chunk(properties.get(), H5S_MAX_RANK, extents);
  auto filters = knownFilters(properties.get());
  if (rank < 1 || !filters || !chunkCodecNamed("gzip")) return std::nullopt;
  chunks.dtype_ = dtype;
  chunks.isBigEndian_ = H5Tget_order(type.get()) == H5T_ORDER_BE;
  chunks.chunk_.assign(extents, extents + rank);
  chunks.filters_ = *std::move(filters);
  chunks.fill_.resize(dtype.bytesInFile());
  if (H5Pget_fill_value(properties.get(), type.get(), chunks.fill_.data()) < 0) {
    std::fill(chunks.fill_.begin(), chunks.fill_.end(), std::byte{0});
  }
  return chunks;
}

Result<std::vector<std::byte>> Hdf5Chunks::chunkAt(hid_t dataset, const std::vector<int64_t>& origin) const {
  const Error damaged(ErrorCode::kFormat, "a chunk is damaged");
  const int64_t elements = elementsOf(chunk_);
  if (elements <= 0 || elements > kMaxChunk_bytes / static_cast<int64_t>(dtype_.bytesInFile())) return damaged;
  const size_t expected = static_cast<size_t>(elements) * dtype_.bytesInFile();
  const std::vector<hsize_t> offset(origin.begin(), origin.end());
  std::vector<std::byte> stored;
  uint32_t skipped = 0;
  {
    const std::lock_guard lock(hdf5Lock());
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t size = 0;
    if (H5Dget_chunk_info_by_coord(dataset, offset.data(), &mask, &address, &size) < 0) return damaged;
    if (address == HADDR_UNDEF || size == 0) return std::vector<std::byte>();
    if (size > expected * 2 + 65536) return damaged;
    stored.resize(size);
    if (H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &skipped, stored.data()) < 0) return damaged;
  }
  for (size_t i = filters_.size(); i-- > 0;) {
    if (i < 32 && (skipped >> i & 1) != 0) continue;
    if (filters_[i] == H5Z_FILTER_FLETCHER32) {
      if (stored.size() < 4) return damaged;
      stored.resize(stored.size() - 4);
      continue;
    }
    const ChunkCodec codec = filters_[i] == H5Z_FILTER_DEFLATE ? ChunkCodec::kGzip : ChunkCodec::kShuffle;
    CYTO_ASSIGN(stored, decodeChunk(codec, stored, expected + 64, dtype_.bytesInFile()));
  }
  if (stored.size() < expected) return damaged;
  stored.resize(expected);
  return stored;
}

Status Hdf5Chunks::read(const std::filesystem::path& shown, hid_t dataset, std::span<const int64_t> begin,
                        std::span<const int64_t> count, std::span<std::byte> out, const JobContext& job) const {
  const size_t size = dtype_.bytesInFile();
  const size_t rank = chunk_.size();
  const auto elements = static_cast<size_t>(elementsOf(count));
  if (rank != count.size()) return cannotRead(shown, "the HDF5 file is damaged; copy or export it again");
  for (size_t i = 0; i < elements; ++i) std::memcpy(out.data() + i * size, fill_.data(), size);
  CYTO_TRY(forEachChunk(
      chunk_, begin, count, [&](const std::vector<int64_t>&, const std::vector<int64_t>& origin) -> Status {
        CYTO_TRY(job.cancel.check());
        const auto chunk = chunkAt(dataset, origin);
        if (!chunk)
          return cannotRead(shown,
                            "the HDF5 file is damaged (" + chunk.error().message() + "); copy or export it again");
        if (chunk->empty()) return {};
        std::vector<int64_t> extent(rank);
        std::vector<int64_t> inChunk(rank);
        std::vector<int64_t> inBox(rank);
        for (size_t i = 0; i < rank; ++i) {
          const int64_t first = std::max(begin[i], origin[i]);
          extent[i] = std::min(begin[i] + count[i], origin[i] + chunk_[i]) - first;
          inChunk[i] = first - origin[i];
          inBox[i] = first - begin[i];
        }
        copyBox({extent, chunk_, inChunk, count, inBox}, size, chunk->data(), out.data());
        return {};
      }));
  if (isBigEndian_ != (std::endian::native == std::endian::big)) swapBytes(out.first(elements * size), size);
  if (dtype_.isHalf) widenHalves(out.data(), elements);
  if (dtype_.isBool) normaliseBools(out);
  return {};
}

}  // namespace cyto::io
