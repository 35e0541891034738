#include "core/base/sha1.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cyto {

namespace {

uint32_t bigEndianWord(const std::byte* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | static_cast<uint32_t>(bytes[3]);
}

}  // namespace

void Sha1::addBlock(const std::byte* block) {
  uint32_t w[80];
  for (int i = 0; i < 16; ++i) w[i] = bigEndianWord(block + 4 * i);
  for (int i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  // Not a structured binding, which a lambda cannot take in the eyes of older compilers.
  uint32_t a = state_[0], b = state_[1], c = state_[2], d = state_[3], e = state_[4];
  const auto rounds = [&](int from, uint32_t constant, auto mix) {
    for (int i = from; i < from + 20; ++i) {
      const uint32_t next = std::rotl(a, 5) + mix(b, c, d) + e + constant + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
  };
  const auto parity = [](uint32_t x, uint32_t y, uint32_t z) { return x ^ y ^ z; };
  rounds(0, 0x5a827999, [](uint32_t x, uint32_t y, uint32_t z) { return z ^ (x & (y ^ z)); });
  rounds(20, 0x6ed9eba1, parity);
  rounds(40, 0x8f1bbcdc, [](uint32_t x, uint32_t y, uint32_t z) { return (x & y) | (z & (x | y)); });
  rounds(60, 0xca62c1d6, parity);
  state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e};
}

void Sha1::add(std::span<const std::byte> bytes) {
  totalBytes_ += bytes.size();
  if (pendingBytes_ > 0) {
    const size_t taken = std::min(bytes.size(), kBlockBytes - pendingBytes_);
    std::copy_n(bytes.begin(), taken, pending_.begin() + static_cast<std::ptrdiff_t>(pendingBytes_));
    pendingBytes_ += taken;
    bytes = bytes.subspan(taken);
    if (pendingBytes_ < kBlockBytes) return;
    addBlock(pending_.data());
    pendingBytes_ = 0;
  }
  for (; bytes.size() >= kBlockBytes; bytes = bytes.subspan(kBlockBytes)) addBlock(bytes.data());
  std::copy(bytes.begin(), bytes.end(), pending_.begin());
  pendingBytes_ = bytes.size();
}

std::string Sha1::finish() {
  const uint64_t totalBits = totalBytes_ * 8;
  std::array<std::byte, 2 * kBlockBytes> tail{};
  tail[0] = std::byte{0x80};
  const size_t zeros = (kBlockBytes + 55 - pendingBytes_) % kBlockBytes;
  for (size_t i = 0; i < 8; ++i) tail[1 + zeros + i] = static_cast<std::byte>(totalBits >> (56 - 8 * i));
  add({tail.data(), 1 + zeros + 8});
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint32_t word : state_) {
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(word >> shift) & 15];
  }
  return text;
}

}  // namespace cyto
