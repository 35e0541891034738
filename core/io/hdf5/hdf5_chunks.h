#pragma once

#include <hdf5.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "core/io/nd_source.h"

namespace cyto::io {

/// Reads chunked data sets without the library's own filters. Version 1.10 trusts the lengths in a damaged
/// file there and reads freed memory; here every chunk is decoded with bounds, outside the lock.
class Hdf5Chunks {
 public:
  /// Nothing when the data set is not chunked, its elements are of no plain type, or a filter other than
  /// deflate, shuffle and fletcher32 was used. The caller holds the lock.
  static std::optional<Hdf5Chunks> of(hid_t dataset, const FileDtype& dtype);

  /// Contract of NdArray::read. Takes the lock for each chunk.
  Status read(const std::filesystem::path& shown, hid_t dataset, std::span<const int64_t> begin,
              std::span<const int64_t> count, std::span<std::byte> out, const JobContext& job) const;

 private:
  Result<std::vector<std::byte>> chunkAt(hid_t dataset, const std::vector<int64_t>& origin) const;

  FileDtype dtype_;
  bool isBigEndian_ = false;
  std::vector<int64_t> chunk_;
  std::vector<H5Z_filter_t> filters_;  // in the order of writing
  std::vector<std::byte> fill_;        // one element as in the file
};

}  // namespace cyto::io
