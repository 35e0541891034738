#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cyto {

/// Reads CBOR (RFC 8949) value by value, without a tree of what it read: lengths stand before what they are of, there
/// are no tags, and integers are integers. Texts and bytes point into what is read. Throws std::exception at the end of
/// the bytes and for a value of another type or out of range, to be caught where a file is read.
class CborReader {
 public:
  explicit CborReader(std::string_view bytes) : rest_(bytes) {}

  bool isAtEnd() const { return rest_.empty(); }

  /// Passes a null when one comes.
  bool takeNull();
  bool boolean();
  int64_t integer(int64_t least = INT64_MIN, int64_t most = INT64_MAX);
  double real();  ///< an integer too
  std::string_view text();
  std::string_view bytes();
  /// The number of values of a list; they follow.
  size_t list();
  void list(size_t length);  ///< a list of this length
  /// The number of entries of a map; key and value of each follow.
  size_t map();

  /// Passes a value of any kind, at most 16 levels deep.
  void skip();

 private:
  enum class Type : uint8_t { kWhole, kNegative, kBytes, kText, kList, kMap, kTag, kOther };
  struct Head {
    Type type;
    uint8_t detail;     ///< the lower five bits: says how long the argument is
    uint64_t argument;  ///< number, length or bits
  };

  static constexpr const char* kOtherType = "a value has another type than it should";

  Head head();
  Head head(Type type);  ///< fails for another type
  std::string_view take(uint64_t length);
  /// A length of at most what is left, `bytesEach` for each.
  size_t count(uint64_t length, size_t bytesEach) const;

  std::string_view rest_;
};

/// A map whose keys stand in ascending order. Keys are asked for in that order; others are passed over.
class CborMap {
 public:
  explicit CborMap(CborReader& in) : in_(in), left_(in.map()) {}

  /// Goes to the value of a key that must be there.
  CborReader& at(std::string_view key) {
    if (!find(key)) throw std::out_of_range("'" + std::string(key) + "' is missing");
    return in_;
  }

  /// Goes to the value of a key, to be read now, when it is there.
  bool find(std::string_view key);

  /// Passes what is left.
  void finish();

 private:
  CborReader& in_;
  size_t left_;
  std::string_view next_;  ///< the key whose value comes, when it was read ahead
  bool hasNext_ = false;
};

// Here, to be inlined: an edit may have a million values.

inline std::string_view CborReader::take(uint64_t length) {
  if (length > rest_.size()) throw std::out_of_range("it ends too early");
  const std::string_view taken = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return taken;
}

inline CborReader::Head CborReader::head() {
  const auto first = static_cast<uint8_t>(take(1)[0]);
  Head head{static_cast<Type>(first >> 5), static_cast<uint8_t>(first & 31), static_cast<uint64_t>(first & 31)};
  if (head.detail > 27 || head.type == Type::kTag) throw std::invalid_argument("a value of an unknown form");
  if (head.detail < 24) return head;
  head.argument = 0;
  for (const char byte : take(size_t{1} << (head.detail - 24))) {
    head.argument = head.argument << 8 | static_cast<uint8_t>(byte);
  }
  return head;
}

inline CborReader::Head CborReader::head(Type type) {
  const Head found = head();
  if (found.type != type) throw std::invalid_argument(kOtherType);
  return found;
}

inline std::string_view CborReader::text() { return take(head(Type::kText).argument); }

inline bool CborMap::find(std::string_view key) {
  while (hasNext_ || left_ > 0) {
    if (!hasNext_) {
      next_ = in_.text();
      hasNext_ = true;
      --left_;
    }
    const bool isIt = next_ == key;
    if (!isIt && next_ > key) return false;
    hasNext_ = false;
    if (isIt) return true;
    in_.skip();
  }
  return false;
}

}  // namespace cyto
