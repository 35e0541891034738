#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace cyto {

/// SHA-1 (FIPS 180-4) of bytes that arrive in pieces. For recognising data, as micro-sam's stores need it;
/// not for security. Not thread-safe.
class Sha1 {
 public:
  void add(std::span<const std::byte> bytes);

  /// 40 hexadecimal digits. Nothing may be added afterwards.
  std::string finish();

 private:
  void addBlock(const std::byte* block);

  static constexpr size_t kBlockBytes = 64;
  std::array<uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<std::byte, kBlockBytes> pending_{};
  size_t pendingBytes_ = 0;
  uint64_t totalBytes_ = 0;
};

}  // namespace cyto
