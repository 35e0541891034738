#include "core/nn/weights/adapters.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace cyto::nn {

namespace {

const std::string kBlocks = "image_encoder.blocks.";

bool isInBlock(const std::string& name) { return name.starts_with(kBlocks); }

/// `name` with `part` taken out, if it is there.
std::string without(const std::string& name, const std::string& part) {
  const size_t at = name.find(part);
  return at == std::string::npos ? name : name.substr(0, at) + name.substr(at + part.size());
}

/// The name that a weight has in a network without adapters.
std::string plainName(std::string name) {
  if (!isInBlock(name)) return name;
  for (const char* wrapping : {"qkv_proj.", "mlp_layer.", "mlp_proj.", "layer."}) name = without(name, wrapping);
  return name;
}

/// Looks adapters up and folds them into their layers.
class Adapters {
 public:
  explicit Adapters(const NamedTensors& weights) : all_(weights.begin(), weights.end()) {}

  static bool isOne(const std::string& name) {
    if (!isInBlock(name)) return false;
    const auto contains = [&](const char* part) { return name.find(part) != std::string::npos; };
    return contains(".w_a_linear_") || contains(".w_b_linear_") || contains("FacT") || name.ends_with(".scale") ||
           name.ends_with(".shift") || name.ends_with(".mlp.alpha");
  }

  /// A weight of the plain network, of which `stored` is what the checkpoint holds.
  at::Tensor folded(const std::string& name, const at::Tensor& stored) const {
    at::Tensor weight = stored;
    const size_t dot = name.rfind('.');
    const std::string layer = name.substr(0, dot + 1);
    const bool isMatrix = name.ends_with(".weight") && stored.dim() == 2;
    if (isMatrix && layer.ends_with(".attn.qkv.")) weight = withAttention(layer, weight);
    for (const char* number : {"1", "2"}) {
      if (isMatrix && layer.ends_with(std::string(".mlp.lin") + number + ".")) weight = withMlp(layer, number, weight);
    }
    if (layer.ends_with(".mlp.up_proj.")) {
      const at::Tensor factor = find(layer.substr(0, layer.size() - std::string("up_proj.").size()) + "alpha");
      if (factor.defined()) weight = weight * checked(factor.numel() == 1, name, factor).flatten();
    }
    return scaled(layer, name, weight);
  }

 private:
  at::Tensor find(const std::string& name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? at::Tensor() : found->second;
  }

  static const at::Tensor& checked(bool fits, const std::string& name, const at::Tensor& tensor) {
    if (!fits) throw std::invalid_argument("an adapter of '" + name + "' has a shape that does not fit it");
    return tensor;
  }

  /// The product of factors by name, the last applied first; undefined when the first is not there.
  at::Tensor product(const std::string& layer, const std::vector<std::string>& names) const {
    at::Tensor all;
    for (const std::string& name : names) {
      const at::Tensor factor = find(layer + name + ".weight");
      if (!factor.defined()) {
        if (!all.defined()) return {};
        throw std::invalid_argument("'" + layer + name + ".weight' is missing");
      }
      checked(factor.dim() == 2 && (!all.defined() || all.size(1) == factor.size(0)), layer, factor);
      all = all.defined() ? at::matmul(all, factor) : factor;
    }
    return all;
  }

  /// LoRA of query, key and value, and FacT of query and value; each has a third of the rows.
  at::Tensor withAttention(const std::string& layer, at::Tensor weight) const {
    const int64_t width = weight.size(0) / 3;
    int64_t row = 0;
    for (const std::string which : {"q", "k", "v"}) {
      for (const at::Tensor& change :
           {product(layer, {"w_b_linear_" + which, "w_a_linear_" + which}),
            which == "k" ? at::Tensor() : product(layer, {"FacTv", which + "_FacTs", "FacTu"})}) {
        if (!change.defined()) continue;
        checked(change.size(0) == width && change.size(1) == weight.size(1), layer, change);
        weight = weight.clone();
        weight.narrow(0, row, width).add_(change);
      }
      row += width;
    }
    return weight;
  }

  at::Tensor withMlp(const std::string& layer, const std::string& number, const at::Tensor& weight) const {
    const std::string mlp = layer.substr(0, layer.size() - std::string("lin1.").size());
    const at::Tensor change = product(mlp, {"w_b_linear_" + number, "w_a_linear_" + number});
    return change.defined() ? weight + checked(change.sizes() == weight.sizes(), layer, change) : weight;
  }

  /// SSF: scale * (W x + b) + shift.
  at::Tensor scaled(const std::string& layer, const std::string& name, const at::Tensor& weight) const {
    const at::Tensor scale = find(layer + "scale"), shift = find(layer + "shift");
    if (!scale.defined() || !shift.defined() || weight.dim() < 1 || weight.dim() > 2) return weight;
    checked(scale.dim() == 1 && scale.size(0) == weight.size(0) && shift.sizes() == scale.sizes(), name, scale);
    if (weight.dim() == 2) return weight * scale.unsqueeze(1);
    return name.ends_with(".bias") ? weight * scale + shift : weight * scale;
  }

  std::map<std::string, at::Tensor> all_;
};

bool hasAdapters(const NamedTensors& weights) {
  return std::any_of(weights.begin(), weights.end(), [](const auto& weight) {
    return Adapters::isOne(weight.first) || plainName(weight.first) != weight.first;
  });
}

}  // namespace

Result<NamedTensors> withoutAdapters(NamedTensors weights) {
  if (!hasAdapters(weights)) return weights;
  const Adapters adapters(weights);
  NamedTensors plain;
  try {
    for (const auto& [name, tensor] : weights) {
      if (Adapters::isOne(name)) continue;
      const std::string own = plainName(name);
      plain.emplace_back(own, isInBlock(own) ? adapters.folded(own, tensor).contiguous() : tensor);
    }
  } catch (const std::invalid_argument& problem) {
    return Error(ErrorCode::kFormat, problem.what());
  }
  return plain;
}

NamedTensors asReferenceNamesThem(const NamedTensors& weights) {
  const auto hasBottleneck = [&](const std::string& mlp) {
    return std::any_of(weights.begin(), weights.end(),
                       [&](const auto& weight) { return weight.first == mlp + "up_proj.weight"; });
  };
  NamedTensors renamed;
  for (const auto& [name, tensor] : weights) {
    const size_t at = name.find(".mlp.");
    const std::string mlp = at == std::string::npos ? "" : name.substr(0, at + 5);
    if (!isInBlock(name) || mlp.empty() || !hasBottleneck(mlp)) {
      renamed.emplace_back(name, tensor);
      continue;
    }
    const std::string rest = name.substr(mlp.size());
    renamed.emplace_back(rest.starts_with("lin") ? mlp + "mlp_proj." + rest : name, tensor);
    if (rest == "up_proj.weight") renamed.emplace_back(mlp + "alpha", at::ones({1}, at::kFloat));
  }
  return renamed;
}

}  // namespace cyto::nn
