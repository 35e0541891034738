#include "tests/unit/nn_train/reduced_sam.h"

#include <gtest/gtest.h>

#include "core/nn/sam/sam_model.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"

namespace cyto::test {

namespace {

nn::SamConfiguration reducedSam() {
  nn::SamConfiguration configuration;
  configuration.frameSide = 128;
  configuration.channels = 32;
  configuration.width = 32;
  configuration.depth = 4;
  configuration.heads = 4;
  configuration.window = 4;
  configuration.globalBlocks = {1, 3};
  configuration.decoderHeads = 4;
  configuration.decoderMlp = 64;
  configuration.iouHidden = 32;
  return configuration;
}

}  // namespace

nn::NamedTensors reducedSamWeights() { return Fixture(inRepository("tests/golden/sam1/predictor.npz")).weights(); }

nn::TrainedNetwork makeReducedSam(const nn::NamedTensors& weights) {
  const nn::Checkpoint parts = nn::separated(weights);
  nn::WeightTable table(parts.model);
  auto model = std::make_unique<nn::SamModel>(reducedSam(), table, at::kFloat);
  EXPECT_EQ(table.complaint(), "");
  return nn::trainedSam(std::move(model), parts.decoder);
}

}  // namespace cyto::test
