#include "tests/unit/nn_train/reduced_sam.h"

#include <gtest/gtest.h>

#include "core/nn/sam/sam_model.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"
#include "tests/unit/nn/reduced_configuration.h"

namespace cyto::test {

nn::NamedTensors reducedSamWeights() { return Fixture(inRepository("tests/golden/sam1/predictor.npz")).weights(); }

nn::TrainedNetwork makeReducedSam(const nn::NamedTensors& weights) {
  const nn::Checkpoint parts = nn::separated(weights);
  nn::WeightTable table(parts.model);
  auto model = std::make_unique<nn::SamModel>(reducedSam(), table, at::kFloat);
  EXPECT_EQ(table.complaint(), "");
  return nn::trainedSam(std::move(model), parts.decoder);
}

}  // namespace cyto::test
