#include "core/nn/sam/packed_linear.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>

#include "core/nn/devices.h"

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

}  // namespace

PackedLinear::PackedLinear(WeightTable& table, const std::string& name, int64_t in, int64_t out, at::ScalarType type)
    : PackedLinear(table.take(name + ".weight", {out, in}), table.take(name + ".bias", {out}), type) {}

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type)
    : bias_(bias.to(type)) {
  if (canPack(weight, type)) {
    packing_ = std::make_unique<Packing>();
    packing_->given = weight;
  } else {
    weight_ = weight.to(type);
  }
}

const at::Tensor& PackedLinear::packed() const {
  std::call_once(packing_->once, [&] {
    packing_->packed = pack(packing_->given.to(bias_.scalar_type()));
    packing_->given.reset();
  });
  return packing_->packed;
}

at::Tensor PackedLinear::operator()(const at::Tensor& x) const {
  return packing_ ? multiply(x, packed(), bias_, false) : at::linear(x, weight_, bias_);
}

at::Tensor PackedLinear::withGelu(const at::Tensor& x) const {
  return packing_ ? multiply(x, packed(), bias_, true) : at::gelu(at::linear(x, weight_, bias_));
}

}  // namespace cyto::nn
