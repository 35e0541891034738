#pragma once

#include <filesystem>
#include <functional>

namespace cyto::test {

/// Runs `work` in a child process that has no right to write what others own: as root that is another user. Whether it
/// answered with true; what it printed is seen.
bool holdsForOtherUser(const std::function<bool()>& work);

/// Takes the right to write a folder and everything in it from everybody, and lets everybody read it and enter the
/// folder around it.
void makeReadOnly(const std::filesystem::path& folder);

}  // namespace cyto::test
