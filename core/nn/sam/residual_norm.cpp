#include "core/nn/sam/residual_norm.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

namespace {
constexpr int64_t kRowsPerTask = 64;
}  // namespace

ResidualNorm::ResidualNorm(WeightTable& table, const std::string& name, int64_t size, double epsilon,
                           at::ScalarType type)
    : norm_(table, name, size, epsilon), type_(type) {
  const KernelSet* const set =
      norm_.weight.is_cpu() && !c10::GradMode::is_enabled() && size % 16 == 0 ? kernels() : nullptr;
  if (set && type == at::kFloat) kernel_ = set->addNorm;
  if (set && type == at::kBFloat16) kernel_ = set->addNormBf16;
}

at::Tensor ResidualNorm::operator()(at::Tensor& x, const at::Tensor& delta) const {
  if (!kernel_) {
    if (delta.defined()) x = x + delta;
    return norm_(x).to(type_);
  }
  const at::Tensor added = delta.defined() ? delta.contiguous() : delta;
  at::Tensor out = at::empty(x.sizes(), x.options().dtype(type_));
  const int64_t width = x.size(-1), rows = x.numel() / width;
  const AddNorm work{x.mutable_data_ptr<float>(),
                     added.defined() ? added.const_data_ptr() : nullptr,
                     norm_.weight.const_data_ptr<float>(),
                     norm_.bias.const_data_ptr<float>(),
                     out.mutable_data_ptr(),
                     width,
                     static_cast<float>(norm_.epsilon)};
  runTasks((rows + kRowsPerTask - 1) / kRowsPerTask, [&](int64_t task, int64_t) {
    kernel_(work, task * kRowsPerTask, std::min(rows, (task + 1) * kRowsPerTask));
  });
  return out;
}

}  // namespace cyto::nn
