#pragma once

#include "core/inference/model.h"

namespace cyto::nn {

/// Billions of operations a second that all threads of the engine reach together at this precision when nothing waits
/// for memory, measured now: the yardstick of benchmarks. 0 where it is not known (no kernels, no bf16, a GPU).
double measurePeak_gflops(Precision precision);

}  // namespace cyto::nn
