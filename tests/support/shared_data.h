#pragma once

#include <filesystem>
#include <optional>

namespace cyto::test {

/// A file or folder of the shared test data (`../shared` beside the checkout, or $CYTOCLICK_SHARED);
/// nothing when it is absent. Tests then skip with kNoSharedData.
std::optional<std::filesystem::path> sharedData(const std::filesystem::path& relative);

inline constexpr const char* kNoSharedData = "skipped: no ../shared";

/// A file that lives in the repository, e.g. "tests/golden/nuclei.png".
std::filesystem::path inRepository(const std::filesystem::path& relative);

}  // namespace cyto::test
