#include "core/nn/train/new_adapters.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <stdexcept>

namespace cyto::nn {

namespace {

constexpr int64_t kBottleneck = 64;  // channels, as in the reference
constexpr std::string_view kBlocks = "image_encoder.blocks.";

/// Makes the adapters of one kind.
class Maker {
 public:
  Maker(const AdapterPlaces& places, const std::string& method)
      : places_(places), method_(method), random_(at::detail::createCPUGenerator(places.seed)) {}

  /// Calls `add` with the stem ("….attn.qkv.") and the weight of each layer in the chosen blocks that ends so.
  template <typename Add>
  void atLayers(const std::string& ending, Add add) {
    for (const auto& [name, weight] : places_.network) {
      if (!vitBlockOf(name) || !name.ends_with(ending + "weight")) continue;
      isVit_ = true;
      if (!isInBlocks(name, places_.blocks)) continue;
      add(name.substr(0, name.size() - std::string_view("weight").size()), weight);
    }
  }

  void add(const std::string& name, const at::Tensor& value) {
    made_.emplace_back(name, value.to(places_.network.front().second.device()));
  }

  /// The usual start of a linear layer without bias.
  at::Tensor uniform(int64_t out, int64_t in) {
    const double bound = std::sqrt(1.0 / static_cast<double>(in));
    return at::rand({out, in}, random_, at::kFloat).mul(2 * bound).sub(bound);
  }

  NamedTensors take() {
    if (!isVit_) throw std::invalid_argument(method_ + " needs a ViT image encoder (vit_b, vit_l, vit_h)");
    return std::move(made_);
  }

 private:
  const AdapterPlaces& places_;
  std::string method_;
  at::Generator random_;
  NamedTensors made_;
  bool isVit_ = false;
};

void checkRank(int64_t rank, int64_t width) {
  if (rank < 1 || rank > width) throw std::invalid_argument("the rank must lie in 1.." + std::to_string(width));
}

void addProduct(Maker& maker, const std::string& stem, const std::string& which, int64_t rank, int64_t out,
                int64_t in) {
  checkRank(rank, std::min(out, in));
  maker.add(stem + "w_a_linear_" + which + ".weight", maker.uniform(rank, in));
  maker.add(stem + "w_b_linear_" + which + ".weight", at::zeros({out, rank}));
}

}  // namespace

std::optional<int64_t> vitBlockOf(const std::string& name) {
  if (!name.starts_with(kBlocks)) return std::nullopt;
  int64_t block = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + kBlocks.size(), end, block);
  if (error != std::errc() || rest == end || *rest != '.') return std::nullopt;
  return block;
}

bool isInBlocks(const std::string& name, const std::vector<int64_t>& blocks) {
  const std::optional<int64_t> block = vitBlockOf(name);
  return block && (blocks.empty() || std::find(blocks.begin(), blocks.end(), *block) != blocks.end());
}

NamedTensors newLora(const AdapterPlaces& places, int64_t rank, const std::vector<std::string>& matrices) {
  std::set<std::string> chosen(matrices.begin(), matrices.end());
  if (chosen.empty()) chosen = {"q", "v"};
  for (const std::string& matrix : chosen) {
    if (matrix == "q" || matrix == "k" || matrix == "v" || matrix == "mlp") continue;
    throw std::invalid_argument("lora knows no matrix '" + matrix + "'; use q, k, v or mlp");
  }
  Maker maker(places, "lora");
  maker.atLayers(".attn.qkv.", [&](const std::string& stem, const at::Tensor& weight) {
    const int64_t width = weight.size(1);
    for (const char* which : {"q", "k", "v"}) {
      if (chosen.contains(which)) addProduct(maker, stem, which, rank, width, width);
    }
  });
  for (const std::string number : {"1", "2"}) {
    if (!chosen.contains("mlp")) continue;
    const std::string layer = "lin" + number + ".";
    maker.atLayers(".mlp." + layer, [&](const std::string& stem, const at::Tensor& weight) {
      addProduct(maker, stem.substr(0, stem.size() - layer.size()), number, rank, weight.size(0), weight.size(1));
    });
  }
  return maker.take();
}

NamedTensors newFact(const AdapterPlaces& places, int64_t rank) {
  Maker maker(places, "fact");
  maker.atLayers(".attn.qkv.", [&](const std::string& stem, const at::Tensor& weight) {
    const int64_t width = weight.size(1);
    checkRank(rank, width);
    maker.add(stem + "FacTu.weight", maker.uniform(rank, width));
    maker.add(stem + "q_FacTs.weight", maker.uniform(rank, rank));
    maker.add(stem + "v_FacTs.weight", maker.uniform(rank, rank));
    maker.add(stem + "FacTv.weight", at::zeros({width, rank}));
  });
  return maker.take();
}

NamedTensors newScalesAndShifts(const AdapterPlaces& places) {
  Maker maker(places, "ssf");
  maker.atLayers(".", [&](const std::string& stem, const at::Tensor& weight) {
    if (weight.dim() > 2) return;
    maker.add(stem + "scale", at::ones({weight.size(0)}));
    maker.add(stem + "shift", at::zeros({weight.size(0)}));
  });
  return maker.take();
}

NamedTensors newBottlenecks(const AdapterPlaces& places) {
  const auto isThere = [&](const std::string& name) {
    return std::any_of(places.network.begin(), places.network.end(),
                       [&](const auto& entry) { return entry.first == name; });
  };
  Maker maker(places, "adaptformer");
  maker.atLayers(".mlp.lin1.", [&](const std::string& stem, const at::Tensor& weight) {
    const std::string mlp = stem.substr(0, stem.size() - std::string_view("lin1.").size());
    if (isThere(mlp + "down_proj.weight")) return;
    const int64_t width = weight.size(1);
    maker.add(mlp + "down_proj.weight", maker.uniform(kBottleneck, width));
    maker.add(mlp + "down_proj.bias", at::zeros({kBottleneck}));
    maker.add(mlp + "up_proj.weight", at::zeros({width, kBottleneck}));
    maker.add(mlp + "up_proj.bias", at::zeros({width}));
  });
  return maker.take();
}

}  // namespace cyto::nn
