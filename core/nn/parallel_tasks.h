#pragma once

#include <cstdint>
#include <functional>

namespace cyto::nn {

/// Runs task 0 to count - 1 on the engine's threads, each on one of them, handed out as threads become free: another
/// program on a core then delays one task and not half of them. `worker` counts the threads that take part from 0, and
/// is below `workersFor(count)`. Waits for all; what a task throws is thrown here.
void runTasks(int64_t count, const std::function<void(int64_t task, int64_t worker)>& task);

/// How many threads `runTasks` uses at most.
int64_t workersFor(int64_t count);

}  // namespace cyto::nn
