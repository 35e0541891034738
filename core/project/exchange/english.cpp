#include "core/project/exchange/english.h"

namespace cyto {

std::string counted(int64_t count, const std::string& noun) {
  const std::string words = count == 0 ? "no " : std::to_string(count) + " ";
  return words + noun + (count == 1 ? "" : "s");
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

}  // namespace cyto
