#define CYTO_KERNELS avx512
#include "core/nn/kernels/kernel_table.h"

namespace cyto::nn {

extern const KernelSet kAvx512;
constinit const KernelSet kAvx512 = avx512::makeKernelSet("avx512");

}  // namespace cyto::nn
