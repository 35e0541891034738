// The loops of this instruction set as a table. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/attention.h"
#include "core/nn/kernels/many_rows_linear.h"
#include "core/nn/kernels/mask_passes.h"
#include "core/nn/kernels/peak.h"

namespace cyto::nn::CYTO_KERNELS {

inline constexpr KernelSet makeKernelSet(const char* name) {
  KernelSet set;
  set.name = name;
  set.attention = attentionKernels<Fp32Attention>();
  set.addNorm = &addNorm<float>;
  set.norm = &norm<float>;
#if defined(__AVX512BF16__)
  set.attentionBf16 = attentionKernels<Bf16Attention>();
  set.addNormBf16 = &addNorm<Bf16>;
  set.normBf16 = &norm<Bf16>;
  set.peakWorkBf16 = &peakWorkBf16;
#endif
  set.peakWork = &peakWork;
  set.linear = &linear;
  set.manyRows = {kTileColumns, &packManyRows, &manyRowsLinear, kLanes == 8};
  set.attendProjected = &attendProjected;
  set.imagePass = &imagePass;
  set.upscale = &upscale;
  return set;
}

}  // namespace cyto::nn::CYTO_KERNELS
