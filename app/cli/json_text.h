#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace cyto::cli {

/// A document as text for stdout. Bytes of file names that are no UTF-8 are replaced, never thrown about.
std::string jsonText(const nlohmann::json& document);

}  // namespace cyto::cli
