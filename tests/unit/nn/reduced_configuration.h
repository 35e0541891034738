#pragma once

#include "core/nn/sam/sam_configuration.h"

namespace cyto::test {

/// The small SAM of tests/golden/sam1; the predictor has windows of 4.
inline nn::SamConfiguration reducedSam(int64_t window = 4) {
  nn::SamConfiguration configuration;
  configuration.frameSide = 128;
  configuration.channels = 32;
  configuration.width = 32;
  configuration.depth = 4;
  configuration.heads = 4;
  configuration.window = window;
  configuration.globalBlocks = {1, 3};
  configuration.decoderHeads = 4;
  configuration.decoderMlp = 64;
  configuration.iouHidden = 32;
  return configuration;
}

}  // namespace cyto::test
