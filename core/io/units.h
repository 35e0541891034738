#pragma once

#include <string>
#include <string_view>

namespace cyto::io {

/// The name of a unit as PixelScale has it ("micrometer", "second"), from the many spellings of files: "µm",
/// "um", "micron", "\u00B5m", "sec", …. Unknown words come back as they are; "pixel" and the like are empty.
std::string unitName(std::string_view spelling);

}  // namespace cyto::io
