#define CYTO_KERNELS avx2
#include "core/nn/kernels/kernel_table.h"

namespace cyto::nn {

extern const KernelSet kAvx2;
constinit const KernelSet kAvx2 = avx2::makeKernelSet("avx2");

}  // namespace cyto::nn
