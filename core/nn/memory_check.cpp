#include "core/nn/memory_check.h"

#include <ATen/ATen.h>

#include <cstdio>
#include <string>

namespace cyto::nn {

namespace {

// LibTorch itself, the activations of a 1024 frame, and what the program needs besides.
constexpr int64_t kBesideWeights_bytes = int64_t{400} << 20;
// Maps of the UNETR in full resolution; the dense prediction of cyto-small has no decoder with weights.
constexpr int64_t kInstanceMaps_bytes = int64_t{700} << 20;

std::string gigabytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) * 1e-9);
  return text;
}

int64_t countOf(const NamedTensors& weights) {
  int64_t count = 0;
  for (const auto& [name, weight] : weights) count += weight.numel();
  return count;
}

}  // namespace

Status checkMemory(const NamedTensors& network, const NamedTensors& instanceDecoder, const ModelIdentity& identity,
                   int64_t usable_bytes) {
  if (identity.device != "cpu") return {};
  int64_t needed = countOf(network) * (identity.precision == Precision::kBf16 ? 2 : 4) + kBesideWeights_bytes;
  if (!instanceDecoder.empty()) needed += 4 * countOf(instanceDecoder) + kInstanceMaps_bytes;
  if (needed <= usable_bytes) return {};
  return Error(ErrorCode::kOutOfMemory,
               "the model '" + identity.name + "' needs about " + gigabytes(needed) + " of memory in " +
                   std::string(precisionName(identity.precision)) + " and this program may use " +
                   gigabytes(usable_bytes) + "; use a smaller model" +
                   (identity.precision == Precision::kBf16 ? "" : ", --precision bf16") + " or a larger machine");
}

}  // namespace cyto::nn
