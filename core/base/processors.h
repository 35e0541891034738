#pragma once

#include <filesystem>

namespace cyto {

/// How many processors this process may keep busy, at least 1: those it may run on, and no more than its control groups
/// (containers, batch systems) pay for; a part of one counts as one. More threads than that would be stopped in turns,
/// and the others wait for them. `root` is where /proc and /sys are looked for.
int usableProcessors(const std::filesystem::path& root = "/");

}  // namespace cyto
