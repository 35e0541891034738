#define CYTO_KERNELS avx512bf16
#include "core/nn/kernels/kernel_table.h"

namespace cyto::nn {

extern const KernelSet kAvx512Bf16;
constinit const KernelSet kAvx512Bf16 = avx512bf16::makeKernelSet("avx512bf16");

}  // namespace cyto::nn
