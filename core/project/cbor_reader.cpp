#include "core/project/cbor_reader.h"

#include <array>
#include <bit>
#include <cmath>

namespace cyto {

namespace {

constexpr uint8_t kFalse = 20, kTrue = 21, kNull = 22, kHalf = 25, kSingle = 26, kDouble = 27;

double fromHalf(uint64_t bits) {
  const auto fraction = static_cast<double>(bits & 0x3ff);
  const auto exponent = static_cast<int>(bits >> 10 & 31);
  double value = 0;
  if (exponent == 31) {
    value = fraction == 0 ? HUGE_VAL : std::nan("");
  } else {
    value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  }
  return bits >> 15 & 1 ? -value : value;
}

}  // namespace

size_t CborReader::count(uint64_t length, size_t bytesEach) const {
  if (length > rest_.size() / bytesEach) throw std::out_of_range("a list is longer than what follows");
  return length;
}

bool CborReader::takeNull() {
  if (rest_.empty() || static_cast<uint8_t>(rest_[0]) != (0xe0 | kNull)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool CborReader::boolean() {
  const Head found = head(Type::kOther);
  if (found.detail != kFalse && found.detail != kTrue) throw std::invalid_argument(kOtherType);
  return found.detail == kTrue;
}

int64_t CborReader::integer(int64_t least, int64_t most) {
  const Head found = head();
  if (found.type != Type::kWhole && found.type != Type::kNegative) throw std::invalid_argument(kOtherType);
  if (found.argument > static_cast<uint64_t>(INT64_MAX)) throw std::out_of_range("a number is too large");
  const auto magnitude = static_cast<int64_t>(found.argument);
  const int64_t value = found.type == Type::kWhole ? magnitude : -1 - magnitude;
  if (value < least || value > most) throw std::out_of_range("a number is out of range");
  return value;
}

double CborReader::real() {
  const Head found = head();
  if (found.type == Type::kWhole) return static_cast<double>(found.argument);
  if (found.type == Type::kNegative) return -1 - static_cast<double>(found.argument);
  if (found.type != Type::kOther) throw std::invalid_argument(kOtherType);
  switch (found.detail) {
    case kHalf: return fromHalf(found.argument);
    case kSingle: return std::bit_cast<float>(static_cast<uint32_t>(found.argument));
    case kDouble: return std::bit_cast<double>(found.argument);
    default: throw std::invalid_argument(kOtherType);
  }
}

std::string_view CborReader::bytes() { return take(head(Type::kBytes).argument); }

size_t CborReader::list() { return count(head(Type::kList).argument, 1); }

void CborReader::list(size_t length) {
  if (list() != length) throw std::invalid_argument("a list has another length than it should");
}

size_t CborReader::map() { return count(head(Type::kMap).argument, 2); }

void CborReader::skip() {
  constexpr size_t kDeepest = 16;
  std::array<uint64_t, kDeepest> left{1};  // how many values follow, at each depth
  for (size_t depth = 1; depth > 0;) {
    if (left[depth - 1] == 0) {
      --depth;
      continue;
    }
    --left[depth - 1];
    const Head found = head();
    if (found.type == Type::kBytes || found.type == Type::kText) take(found.argument);
    if (found.type != Type::kList && found.type != Type::kMap) continue;
    if (depth == kDeepest) throw std::invalid_argument("lists in lists in lists, too deep");
    const bool isMap = found.type == Type::kMap;
    left[depth++] = count(found.argument, isMap ? 2 : 1) * (isMap ? 2 : 1);
  }
}

void CborMap::finish() {
  if (hasNext_) in_.skip();
  hasNext_ = false;
  for (; left_ > 0; --left_) {
    in_.text();
    in_.skip();
  }
}

}  // namespace cyto
