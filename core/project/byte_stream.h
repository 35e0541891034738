#pragma once

#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cyto {

/// Appends values to bytes: whole numbers in groups of seven bits, lowest first, the eighth bit saying that more follow
/// (signed ones folded so that small negatives stay short), floating-point numbers and texts as they are.
class ByteWriter {
 public:
  void number(uint64_t value) {
    while (value >= 0x80) {
      bytes_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes_ += static_cast<char>(value);
  }
  void integer(int64_t value) { number(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63)); }
  void real(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(bits >> shift);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }

  size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// Reads what ByteWriter wrote. Throws std::out_of_range at the end of the bytes and for numbers that are too long, to
/// be caught where a file is read.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool isAtEnd() const { return rest_.empty(); }

  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint8_t>(take(1)[0]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw std::out_of_range("a number is too long");
  }
  /// A number that must not be larger than `most`, as a count is by the bytes that follow.
  uint64_t number(uint64_t most) {
    const uint64_t value = number();
    if (value > most) throw std::out_of_range("a number is too large");
    return value;
  }
  /// How many things follow that take at least one byte each.
  size_t count() { return number(rest_.size()); }
  int64_t integer() {
    const uint64_t folded = number();
    return static_cast<int64_t>(folded >> 1) ^ -static_cast<int64_t>(folded & 1);
  }
  double real() {
    const std::string_view eight = take(8);
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; ++i) bits |= uint64_t{static_cast<uint8_t>(eight[i])} << (8 * i);
    return std::bit_cast<double>(bits);
  }
  std::string text() {
    const size_t length = count();
    return std::string(take(length));
  }

 private:
  std::string_view take(size_t bytes) {
    if (bytes > rest_.size()) throw std::out_of_range("the bytes end too early");
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace cyto
