#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cyto {

/// Element types of images and labels, named as NumPy names them. `float16` exists in files only:
/// readers widen it to float32.
enum class Dtype { kUint8, kInt8, kUint16, kInt16, kUint32, kInt32, kUint64, kInt64, kFloat32, kFloat64 };

std::string_view dtypeName(Dtype dtype);
std::optional<Dtype> dtypeFromName(std::string_view name);
size_t dtypeSize(Dtype dtype);
bool isFloat(Dtype dtype);

template <typename T>
struct DtypeOf;
template <>
struct DtypeOf<uint8_t> {
  static constexpr Dtype value = Dtype::kUint8;
};
template <>
struct DtypeOf<int8_t> {
  static constexpr Dtype value = Dtype::kInt8;
};
template <>
struct DtypeOf<uint16_t> {
  static constexpr Dtype value = Dtype::kUint16;
};
template <>
struct DtypeOf<int16_t> {
  static constexpr Dtype value = Dtype::kInt16;
};
template <>
struct DtypeOf<uint32_t> {
  static constexpr Dtype value = Dtype::kUint32;
};
template <>
struct DtypeOf<int32_t> {
  static constexpr Dtype value = Dtype::kInt32;
};
template <>
struct DtypeOf<uint64_t> {
  static constexpr Dtype value = Dtype::kUint64;
};
template <>
struct DtypeOf<int64_t> {
  static constexpr Dtype value = Dtype::kInt64;
};
template <>
struct DtypeOf<float> {
  static constexpr Dtype value = Dtype::kFloat32;
};
template <>
struct DtypeOf<double> {
  static constexpr Dtype value = Dtype::kFloat64;
};

/// Calls `visitor` with a value of the C++ type behind `dtype`: `visitDtype(d, [](auto zero) {...})`.
template <typename Visitor>
decltype(auto) visitDtype(Dtype dtype, Visitor&& visitor) {
  switch (dtype) {
    case Dtype::kUint8: return visitor(uint8_t{});
    case Dtype::kInt8: return visitor(int8_t{});
    case Dtype::kUint16: return visitor(uint16_t{});
    case Dtype::kInt16: return visitor(int16_t{});
    case Dtype::kUint32: return visitor(uint32_t{});
    case Dtype::kInt32: return visitor(int32_t{});
    case Dtype::kUint64: return visitor(uint64_t{});
    case Dtype::kInt64: return visitor(int64_t{});
    case Dtype::kFloat32: return visitor(float{});
    case Dtype::kFloat64: break;
  }
  return visitor(double{});
}

}  // namespace cyto
