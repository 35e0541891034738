#include <cstdlib>
#include <string_view>

#include "core/nn/kernels/kernel_set.h"

namespace cyto::nn {

#if defined(__x86_64__)

extern const KernelSet kAvx2, kAvx512, kAvx512Bf16;

namespace {

// Also asks the operating system whether it saves the registers. The same names are asked for when the sources are
// compiled.
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool hasAvx512() {
  return hasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
bool hasAvx512Bf16() { return hasAvx512() && __builtin_cpu_supports("avx512bf16"); }

}  // namespace

const KernelSet* kernels() {
  const char* const named = std::getenv("CYTOCLICK_KERNELS");
  const std::string_view wanted = named ? named : "";
  const auto allows = [wanted](std::string_view name) { return wanted.empty() || wanted == name; };
  if (allows(kAvx512Bf16.name) && hasAvx512Bf16()) return &kAvx512Bf16;
  if (allows(kAvx512.name) && hasAvx512()) return &kAvx512;
  if (allows(kAvx2.name) && hasAvx2()) return &kAvx2;
  return nullptr;
}

#else

const KernelSet* kernels() { return nullptr; }

#endif

}  // namespace cyto::nn
