#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "core/base/error.h"

namespace cyto {

/// A value or an Error: what every core function that can fail returns. Member names follow
/// `std::expected`, which the C++20 standard library does not have yet.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(checked()); }

  T& operator*() & { return checked(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  T& checked() {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }

  const Error& error() const& {
    assert(!has_value());
    return *error_;
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

/// Evaluates a Result; on failure returns its error from the enclosing function.
#define CYTO_TRY(expression)                                 \
  do {                                                       \
    if (auto cytoTryStatus = (expression); !cytoTryStatus) { \
      return std::move(cytoTryStatus).error();               \
    }                                                        \
  } while (false)

#define CYTO_CONCAT_IMPL(a, b) a##b
#define CYTO_CONCAT(a, b) CYTO_CONCAT_IMPL(a, b)

/// `CYTO_ASSIGN(auto image, readImage(path));` declares the value or returns the error.
#define CYTO_ASSIGN(declaration, expression) \
  CYTO_ASSIGN_IMPL(CYTO_CONCAT(cytoResult, __LINE__), declaration, expression)
#define CYTO_ASSIGN_IMPL(result, declaration, expression) \
  auto result = (expression);                             \
  if (!result) return std::move(result).error();          \
  declaration = *std::move(result)

}  // namespace cyto
