#include "app/cli/json_text.h"

#include <nlohmann/json.hpp>

namespace cyto::cli {

std::string jsonText(const nlohmann::json& document) {
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace cyto::cli
