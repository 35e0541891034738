#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cyto {

/// "no objects", "1 object", "2 objects".
std::string counted(int64_t count, const std::string& noun);

/// "a", "a and b", "a, b and c".
std::string joined(const std::vector<std::string>& parts);

}  // namespace cyto
