#pragma once

#include <filesystem>

namespace cyto::test {

/// Writes a tiled TIFF of 20,000 x 20,000 pixels of 8 bits (deflate, tiles of 512), as a slide scanner does. All tiles
/// have the same texture, so that it takes seconds. Throws std::runtime_error.
void writeSlideScan(const std::filesystem::path& path);

}  // namespace cyto::test
