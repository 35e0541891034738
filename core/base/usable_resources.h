#pragma once

#include <cstdint>
#include <filesystem>

namespace cyto {

/// How many processors this process may keep busy, at least 1: those it may run on, and no more than its control groups
/// (containers, batch systems) pay for; a part of one counts as one. More threads than that would be stopped in turns,
/// and the others wait for them. `root` is where /proc and /sys are looked for.
int usableProcessors(const std::filesystem::path& root = "/");

/// How much memory this process may use: that of the machine, and no more than its control groups grant. A process that
/// takes more than those is killed without a word. A machine that does not say how much it has counts as 4 GiB.
int64_t usableMemory_bytes(const std::filesystem::path& root = "/");

/// The budget of a cache that would like `wanted_bytes`: at most an eighth of the usable memory, so that a window with
/// a model and all its caches fits into small machines too.
int64_t cacheBudget_bytes(int64_t wanted_bytes, const std::filesystem::path& root = "/");

}  // namespace cyto
