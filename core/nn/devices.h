#pragma once

#include <string>
#include <vector>

#include "core/inference/engine.h"

namespace cyto::nn {

/// Makes a GPU usable when LibTorch's CUDA library lies beside its CPU library and a driver answers. Must be the first
/// call into LibTorch that could ask for CUDA: the stub it leaves behind otherwise stays for the whole process.
/// Returns an empty text, or why there is no GPU. Later calls return the first answer.
const std::string& enableGpu();

/// The processor and the GPU, usable or with the reason why not.
std::vector<DeviceInfo> listDevices();

/// True when bf16 arithmetic is done by the processor itself (AVX512-BF16 or AMX) and not emulated.
bool processorHasBf16();

/// Threads of the engine from now on, on the calling thread too. 0 means all cores.
int useThreads(int threads);

}  // namespace cyto::nn
