#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace cyto {

/// The 128-bit XXH3 hash of a stream of bytes: names contents in caches, projects and model lists.
class Xxh128 {
 public:
  Xxh128();
  ~Xxh128();
  Xxh128(const Xxh128&) = delete;
  Xxh128& operator=(const Xxh128&) = delete;

  void add(const void* bytes, size_t count);

  /// The bytes of a number or a plain structure without padding.
  template <typename T>
  void addValue(const T& value) {
    add(&value, sizeof value);
  }

  /// 32 hexadecimal digits, of everything so far.
  std::string digits() const;

  /// "xxh128:" and the digits: the form that is written to files.
  std::string text() const { return "xxh128:" + digits(); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cyto
