#pragma once

#include <optional>
#include <string_view>

#include "core/io/pixels.h"

namespace cyto::io {

/// NumPy's short names of element types, e.g. "<u2", ">f4", "|b1", as NPY files and zarr v2 use them.
struct NumpyDtype {
  FileDtype dtype;
  bool isBigEndian = false;
};

/// Nothing for complex numbers, strings, dates, objects and records.
std::optional<NumpyDtype> parseNumpyDtype(std::string_view name);

/// Names without byte order, as zarr v3 and N5 use them: "uint16", "float16", "bool".
std::optional<FileDtype> parsePlainDtype(std::string_view name);

}  // namespace cyto::io
