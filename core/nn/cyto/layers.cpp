#include "core/nn/cyto/layers.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

WeightSource::WeightSource(uint64_t seed) : random_(at::detail::createCPUGenerator(seed)) {}

WeightSource::WeightSource(const NamedTensors& given, std::optional<uint64_t> seedOfMissing)
    : given_(given.begin(), given.end()) {
  if (seedOfMissing) random_ = at::detail::createCPUGenerator(*seedOfMissing);
}

at::Tensor WeightSource::keep(const std::string& name, at::Tensor weight) {
  kept_.emplace_back(name, weight);
  return weight;
}

at::Tensor WeightSource::taken(const std::string& name, at::IntArrayRef shape) const {
  const auto found = given_.find(name);
  if (found == given_.end()) throw std::runtime_error("weight '" + name + "' is missing");
  if (found->second.sizes() != shape) throw std::runtime_error("weight '" + name + "' has another shape");
  const at::Tensor weight = found->second.detach().to(at::kFloat).clone();
  return shape.size() == 4 ? weight.contiguous(at::MemoryFormat::ChannelsLast) : weight;
}

at::Tensor WeightSource::normal(const std::string& name, at::IntArrayRef shape, double gain) {
  if (!isDrawn(name)) return keep(name, taken(name, shape));
  int64_t fanIn = 1;
  for (size_t i = 1; i < shape.size(); ++i) fanIn *= shape[i];
  at::Tensor weight = at::randn(shape, random_, at::kFloat).mul_(std::sqrt(gain / static_cast<double>(fanIn)));
  return keep(name, shape.size() == 4 ? weight.contiguous(at::MemoryFormat::ChannelsLast) : weight);
}

at::Tensor WeightSource::constant(const std::string& name, at::IntArrayRef shape, double value) {
  return keep(name, isDrawn(name) ? at::full(shape, value, at::kFloat) : taken(name, shape));
}

NamedTensors WeightSource::finish() const {
  const auto isGiven = [&](const auto& weight) { return given_.contains(weight.first); };
  const auto used = static_cast<size_t>(std::count_if(kept_.begin(), kept_.end(), isGiven));
  if (used != given_.size()) throw std::runtime_error("there are weights of another network");
  return kept_;
}

Convolution::Convolution(WeightSource& source, const std::string& name, int64_t in, int64_t out, int64_t kernel,
                         int64_t stride, double gain, double biasVariance)
    : weight(source.normal(name + ".weight", {out, in, kernel, kernel}, gain)),
      bias(biasVariance > 0 ? source.normal(name + ".bias", {out}, biasVariance)
                            : source.constant(name + ".bias", {out}, 0.0)),
      stride(stride),
      padding(kernel == stride ? 0 : kernel / 2) {}

at::Tensor Convolution::operator()(const at::Tensor& x) const {
  return at::conv2d(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()), {stride, stride}, {padding, padding});
}

at::Tensor Convolution::pointwise(const at::Tensor& x) const {
  const at::Tensor pixels = x.permute({0, 2, 3, 1});
  const at::Tensor matrix = weight.to(x.scalar_type()).flatten(1);
  return at::addmm(bias.to(x.scalar_type()), pixels.reshape({-1, x.size(1)}), matrix.t())
      .view({x.size(0), x.size(2), x.size(3), matrix.size(0)})
      .permute({0, 3, 1, 2});
}

namespace {

constexpr double kEpsilon = 1e-3;
constexpr int64_t kPixelsPerTask = 256;

/// Pixels as rows, normed by a kernel for their type.
at::Tensor normed(const at::Tensor& pixels, const ChannelNorm& norm, decltype(KernelSet::norm) kernel) {
  at::Tensor out = at::empty_like(pixels);
  const int64_t width = pixels.size(-1), count = pixels.numel() / width;
  const Norm work{pixels.const_data_ptr(),
                  norm.weight.const_data_ptr<float>(),
                  norm.bias.const_data_ptr<float>(),
                  out.mutable_data_ptr(),
                  width,
                  static_cast<float>(kEpsilon)};
  runTasks((count + kPixelsPerTask - 1) / kPixelsPerTask, [&](int64_t task, int64_t) {
    kernel(work, task * kPixelsPerTask, std::min(count, (task + 1) * kPixelsPerTask));
  });
  return out;
}

}  // namespace

ChannelNorm::ChannelNorm(WeightSource& source, const std::string& name, int64_t channels)
    : weight(source.constant(name + ".weight", {channels}, 1.0)),
      bias(source.constant(name + ".bias", {channels}, 0.0)) {
  const bool fits = channels % 16 == 0 && channels <= kWidestNorm;
  if (fits && weight.is_cpu()) kernelSet = kernels();
}

at::Tensor ChannelNorm::operator()(const at::Tensor& x) const {
  const at::Tensor pixels = x.permute({0, 2, 3, 1});
  const bool canUseKernel = kernelSet && pixels.is_contiguous() && !c10::GradMode::is_enabled();
  const auto kernel = !canUseKernel                      ? nullptr
                      : x.scalar_type() == at::kFloat    ? kernelSet->norm
                      : x.scalar_type() == at::kBFloat16 ? kernelSet->normBf16
                                                         : nullptr;
  const at::Tensor result =
      kernel ? normed(pixels, *this, kernel)
             : at::layer_norm(pixels, {x.size(1)}, weight.to(x.scalar_type()), bias.to(x.scalar_type()), kEpsilon);
  return result.permute({0, 3, 1, 2});
}

ResidualBlock::ResidualBlock(WeightSource& source, const std::string& name, int64_t channels)
    : norm(source, name + ".norm", channels),
      first(source, name + ".first", channels, channels, 3),
      // A weak second layer starts the block close to the identity, which keeps deep stacks stable.
      second(source, name + ".second", channels, channels, 3, 1, 0.05) {}

at::Tensor ResidualBlock::operator()(const at::Tensor& x) const { return x + second(at::relu(first(norm(x)))); }

Upsampling::Upsampling(WeightSource& source, const std::string& name, int64_t in, int64_t out)
    : expand(source, name, in, 4 * out, 1, 1, 1.0) {}

at::Tensor Upsampling::operator()(const at::Tensor& x) const {
  const at::Tensor expanded = expand(x).permute({0, 2, 3, 1});
  const int64_t n = expanded.size(0), rows = expanded.size(1), columns = expanded.size(2);
  const int64_t channels = expanded.size(3) / 4;
  return expanded.reshape({n, rows, columns, 2, 2, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({n, 2 * rows, 2 * columns, channels})
      .permute({0, 3, 1, 2});
}

std::vector<ResidualBlock> residualBlocks(WeightSource& source, const std::string& name, int64_t channels, int count) {
  std::vector<ResidualBlock> blocks;
  for (int i = 0; i < count; ++i) blocks.emplace_back(source, name + "." + std::to_string(i), channels);
  return blocks;
}

at::Tensor applyBlocks(const std::vector<ResidualBlock>& blocks, at::Tensor x) {
  for (const ResidualBlock& block : blocks) x = block(x);
  return x;
}

}  // namespace cyto::nn
