#pragma once

#include <cstddef>
#include <functional>

namespace cyto::nn {

/// Calls `work(0)` … `work(count - 1)`, each in its own thread whose tensor operations use that thread
/// alone, and returns when all are done; rethrows the first exception. Small networks gain more from whole
/// copies side by side than from threads inside each operation, above all when the machine is busy. A single one
/// runs on the calling thread and has all threads for its operations.
void runOnReplicas(size_t count, const std::function<void(size_t)>& work);

}  // namespace cyto::nn
