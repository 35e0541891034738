#include "tests/contract/reference_pixels.h"

#include <array>
#include <fstream>

namespace cyto::test {

std::vector<std::vector<std::string>> loadCsv(const std::filesystem::path& table) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(table);
  std::string line;
  for (std::getline(file, line); std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> fields;
    for (size_t begin = 0; begin <= line.size();) {
      const size_t end = std::min(line.find(',', begin), line.size());
      fields.push_back(line.substr(begin, end - begin));
      begin = end + 1;
    }
    rows.push_back(std::move(fields));
  }
  return rows;
}

std::vector<ReferencePixels> loadReferencePixels(const std::filesystem::path& table) {
  std::vector<ReferencePixels> images;
  for (const auto& row : loadCsv(table)) {
    const auto number = [&](size_t column) { return std::stoll(row.at(column)); };
    images.push_back({row.at(0),
                      row.at(1),
                      row.at(2),
                      number(3),
                      {number(4), number(5), number(6), number(7)},
                      static_cast<uint32_t>(std::stoul(row.at(8), nullptr, 16))});
  }
  return images;
}

uint32_t crc32Of(const Array& array) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320u : value >> 1;
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = ~0u;
  for (int64_t i = 0; i < array.size_bytes(); ++i)
    crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<uint32_t>(array.data()[i])) & 0xFF];
  return ~crc;
}

}  // namespace cyto::test
