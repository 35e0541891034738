#pragma once

#include "core/nn/kernels/kernel_set.h"

namespace cyto::nn::test {

/// The loops of processors with AVX512-BF16, for any with AVX2 (emulated_avx512.h): the same results, slowly. Null on
/// processors of another family.
const KernelSet* emulatedKernels();

}  // namespace cyto::nn::test
