#include "core/nn/sam/residual_norm.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/nn/kernels/kernel_set.h"
#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

namespace {

constexpr int64_t kRowsPerTask = 64;

decltype(KernelSet::addNorm) kernelFor(const at::Tensor& x, at::ScalarType type) {
  const KernelSet* const set = x.is_cpu() && !c10::GradMode::is_enabled() && x.size(-1) % 16 == 0 ? kernels() : nullptr;
  if (!set || !x.is_contiguous()) return nullptr;
  return type == at::kFloat ? set->addNorm : type == at::kBFloat16 ? set->addNormBf16 : nullptr;
}

}  // namespace

at::Tensor addAndNorm(at::Tensor& x, const at::Tensor& delta, const LayerNorm& norm, at::ScalarType type) {
  const auto kernel = kernelFor(x, type);
  if (!kernel) {
    if (delta.defined()) x = x + delta;
    return norm(x).to(type);
  }
  const at::Tensor added = delta.defined() ? delta.contiguous() : delta;
  at::Tensor out = at::empty(x.sizes(), x.options().dtype(type));
  const int64_t width = x.size(-1), rows = x.numel() / width;
  const AddNorm work{x.mutable_data_ptr<float>(),
                     added.defined() ? added.const_data_ptr() : nullptr,
                     norm.weight.const_data_ptr<float>(),
                     norm.bias.const_data_ptr<float>(),
                     out.mutable_data_ptr(),
                     width,
                     static_cast<float>(norm.epsilon)};
  runTasks((rows + kRowsPerTask - 1) / kRowsPerTask, [&](int64_t task, int64_t) {
    kernel(work, task * kRowsPerTask, std::min(rows, (task + 1) * kRowsPerTask));
  });
  return out;
}

}  // namespace cyto::nn
