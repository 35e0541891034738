#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/array/array.h"

namespace cyto::test {

/// One image as a reference reader sees it (make_reference_pixels.py).
struct ReferencePixels {
  std::string path;  ///< below the folder the table is about
  std::string key;
  std::string dtype;
  int64_t channels = 1;
  Shape shape;
  uint32_t crc32 = 0;
};

/// Empty when the table does not exist.
std::vector<ReferencePixels> loadReferencePixels(const std::filesystem::path& table);

/// CRC-32 (as in ZIP and PNG) of the elements.
uint32_t crc32Of(const Array& array);

/// The lines of a CSV file, split at commas; quotes are not treated. The header line is left out.
std::vector<std::vector<std::string>> loadCsv(const std::filesystem::path& table);

}  // namespace cyto::test
