#include "core/array/dtype.h"

#include <array>

namespace cyto {

namespace {
constexpr std::array<std::string_view, 10> kNames = {"uint8", "int8",   "uint16", "int16",   "uint32",
                                                     "int32", "uint64", "int64",  "float32", "float64"};
}

std::string_view dtypeName(Dtype dtype) { return kNames[static_cast<size_t>(dtype)]; }

std::optional<Dtype> dtypeFromName(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Dtype>(i);
  }
  return std::nullopt;
}

size_t dtypeSize(Dtype dtype) {
  return visitDtype(dtype, [](auto zero) { return sizeof(zero); });
}

bool isFloat(Dtype dtype) { return dtype == Dtype::kFloat32 || dtype == Dtype::kFloat64; }

}  // namespace cyto
