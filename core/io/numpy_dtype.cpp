#include "core/io/numpy_dtype.h"

#include <bit>
#include <string>

namespace cyto::io {

std::optional<FileDtype> parsePlainDtype(std::string_view name) {
  if (name == "float16") return FileDtype{Dtype::kFloat32, true, false};
  if (name == "bool") return FileDtype{Dtype::kUint8, false, true};
  const auto dtype = dtypeFromName(name);
  if (!dtype) return std::nullopt;
  return FileDtype{*dtype};
}

std::optional<NumpyDtype> parseNumpyDtype(std::string_view name) {
  if (name.size() < 2) return std::nullopt;
  NumpyDtype parsed;
  parsed.isBigEndian = name[0] == '>' || (name[0] == '=' && std::endian::native == std::endian::big);
  if (name[0] == '<' || name[0] == '>' || name[0] == '|' || name[0] == '=') name.remove_prefix(1);
  if (name.size() != 2) return std::nullopt;
  const int bits = (name[1] - '0') * 8;
  const std::string_view kind = name[0] == 'u' ? "uint" : name[0] == 'i' ? "int" : name[0] == 'f' ? "float" : "";
  const auto dtype = name == "b1" ? parsePlainDtype("bool") : parsePlainDtype(std::string(kind) + std::to_string(bits));
  if (!dtype) return std::nullopt;
  parsed.dtype = *dtype;
  return parsed;
}

}  // namespace cyto::io
