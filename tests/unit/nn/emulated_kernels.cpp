#include "tests/unit/nn/emulated_kernels.h"

#if defined(__AVX2__)

#include "tests/unit/nn/emulated_avx512.h"
// The kernels come after the instructions that they are to use.
#define CYTO_KERNELS emulated_avx512bf16
#include "core/nn/kernels/kernel_table.h"

namespace cyto::nn::test {

const KernelSet* emulatedKernels() {
  static constinit const KernelSet kernels = emulated_avx512bf16::makeKernelSet("emulated");
  return &kernels;
}

}  // namespace cyto::nn::test

#else

namespace cyto::nn::test {
const KernelSet* emulatedKernels() { return nullptr; }
}  // namespace cyto::nn::test

#endif
