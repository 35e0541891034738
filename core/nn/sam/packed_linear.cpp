#include "core/nn/sam/packed_linear.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

#include "core/nn/devices.h"
#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

namespace {

// Rows of a 1024 frame; a hint that decides how the weight is laid out, other row counts are right too.
constexpr int64_t kExpectedRows = 4096;

using Pack = at::Tensor(const at::Tensor&, std::optional<c10::SymInt>);
using Multiply = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, c10::string_view,
                            c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>);

// The operators live in LibTorch without a header of their own. A build without oneDNN lacks them.
bool isThere(const char* operation) { return c10::Dispatcher::singleton().findSchema({operation, ""}).has_value(); }

bool canPack(const at::Tensor& weight, at::ScalarType type) {
  static const bool canMultiply = isThere("mkldnn::_reorder_linear_weight") && isThere("mkldnn::_linear_pointwise");
  if (!canMultiply || c10::GradMode::is_enabled() || !weight.is_cpu()) return false;
  return type == at::kFloat || (type == at::kBFloat16 && processorHasBf16());
}

at::Tensor pack(const at::Tensor& weight) {
  static const auto operation =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "").typed<Pack>();
  return operation.call(weight.contiguous(), c10::SymInt(kExpectedRows));
}

at::Tensor multiply(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, bool withGelu) {
  static const auto operation =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Multiply>();
  // "none" as the algorithm of GELU is the exact one.
  return operation.call(x, packed, bias, withGelu ? "gelu" : "none", c10::List<std::optional<at::Scalar>>(),
                        std::optional<c10::string_view>(withGelu ? "none" : ""));
}

const ManyRowsKernels* kernelsFor(const at::Tensor& weight, at::ScalarType type) {
  const bool isPlain = type == at::kFloat && weight.scalar_type() == at::kFloat && weight.is_cpu();
  const KernelSet* const set = isPlain && !c10::GradMode::is_enabled() ? kernels() : nullptr;
  const bool fits = set && set->manyRows.isFaster && weight.size(0) % set->manyRows.columns == 0;
  return fits ? &set->manyRows : nullptr;
}

at::Tensor packFor(const ManyRowsKernels& kernels, const at::Tensor& given) {
  const at::Tensor weight = given.contiguous();
  const int64_t out = weight.size(0), in = weight.size(1);
  at::Tensor packed = at::empty({out, in}, at::kFloat);
  const float* const from = weight.const_data_ptr<float>();
  float* const to = packed.mutable_data_ptr<float>();
  runTasks(out / kernels.columns, [&](int64_t task, int64_t) {
    kernels.pack(from, in, out, task * kernels.columns, (task + 1) * kernels.columns, to);
  });
  return packed;
}

/// A few tasks for each thread, so that none waits long for the last.
int64_t rowsPerTask(int64_t rows) {
  constexpr int64_t kTasksPerThread = 2, kFewest = 24;
  const int64_t tasks = kTasksPerThread * workersFor(rows);
  return std::clamp((rows + tasks - 1) / tasks, kFewest, kRowsAtOnce);
}

void multiplyWith(const ManyRowsKernels& kernels, const ManyRowsLinear& work, int64_t rows) {
  const int64_t atOnce = rowsPerTask(rows), tasks = (rows + atOnce - 1) / atOnce;
  at::Tensor scratch = at::empty({workersFor(tasks), kRowsAtOnce * kDepthAtOnce}, at::kFloat);
  float* const scratchOf = scratch.mutable_data_ptr<float>();
  runTasks(tasks, [&](int64_t task, int64_t worker) {
    kernels.multiply(work, task * atOnce, std::min(rows, (task + 1) * atOnce),
                     scratchOf + worker * kRowsAtOnce * kDepthAtOnce);
  });
}

}  // namespace

PackedLinear::PackedLinear(WeightTable& table, const std::string& name, int64_t in, int64_t out, at::ScalarType type)
    : PackedLinear(table.take(name + ".weight", {out, in}), table.take(name + ".bias", {out}), type) {}

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type)
    : bias_(bias.to(type)), in_(weight.size(1)), out_(weight.size(0)), kernels_(kernelsFor(weight, type)) {
  if (kernels_ || canPack(weight, type)) {
    packing_ = std::make_unique<Packing>();
    packing_->given = weight;
  } else {
    weight_ = weight.to(type);
  }
}

const at::Tensor& PackedLinear::packed() const {
  std::call_once(packing_->once, [&] {
    const at::Tensor& given = packing_->given;
    packing_->packed = kernels_ ? packFor(*kernels_, given) : pack(given.to(bias_.scalar_type()));
    packing_->given.reset();
  });
  return packing_->packed;
}

at::Tensor PackedLinear::applied(const at::Tensor& x, bool withGelu) const {
  if (!kernels_) return multiply(x, packed(), bias_, withGelu);
  const at::Tensor rows = x.contiguous(), bias = bias_.contiguous();
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = out_;
  at::Tensor result = at::empty(shape, x.options());
  multiplyWith(*kernels_,
               {rows.const_data_ptr<float>(), packed().const_data_ptr<float>(), bias.const_data_ptr<float>(),
                result.mutable_data_ptr<float>(), in_, out_, withGelu},
               result.numel() / out_);
  return result;
}

at::Tensor PackedLinear::operator()(const at::Tensor& x) const {
  return packing_ ? applied(x, false) : at::linear(x, weight_, bias_);
}

at::Tensor PackedLinear::withGelu(const at::Tensor& x) const {
  return packing_ ? applied(x, true) : at::gelu(at::linear(x, weight_, bias_));
}

}  // namespace cyto::nn
