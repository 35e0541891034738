#include "core/nn/sam/sam_configuration.h"

namespace cyto::nn {

namespace {

SamConfiguration vit(int64_t width, int64_t depth, int64_t heads, std::vector<int64_t> globalBlocks) {
  SamConfiguration configuration;
  configuration.width = width;
  configuration.depth = depth;
  configuration.heads = heads;
  configuration.globalBlocks = std::move(globalBlocks);
  return configuration;
}

SamConfiguration tinyVit() {
  SamConfiguration configuration;
  configuration.depth = 0;
  configuration.stageWidths = {64, 128, 160, 320};
  configuration.stageDepths = {2, 2, 6, 2};
  configuration.stageHeads = {2, 4, 5, 10};
  configuration.stageWindows = {7, 7, 14, 7};
  configuration.mergeStrides = {2, 2, 1};
  return configuration;
}

}  // namespace

std::optional<SamConfiguration> samConfiguration(const std::string& architecture) {
  if (architecture == "vit_b") return vit(768, 12, 12, {2, 5, 8, 11});
  if (architecture == "vit_l") return vit(1024, 24, 16, {5, 11, 17, 23});
  if (architecture == "vit_h") return vit(1280, 32, 16, {7, 15, 23, 31});
  if (architecture == "vit_t") return tinyVit();
  return std::nullopt;
}

}  // namespace cyto::nn
