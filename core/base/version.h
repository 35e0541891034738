#pragma once

#include <string_view>

namespace cyto {

/// "0.1.0": the version of the program, as the build names it.
std::string_view programVersion();

}  // namespace cyto
