#pragma once

#include <cstdint>
#include <string_view>

namespace cyto {

/// CRC-32C (Castagnoli). `before` is the value of the bytes in front, so that long data can be given in parts.
uint32_t crc32c(std::string_view bytes, uint32_t before = 0);

}  // namespace cyto
