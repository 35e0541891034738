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

void expectSameOneByOneAndTogether(const nn::AnnotatedSamples& samples,
                                   const std::function<nn::TrainingRun(int together)>& makeRun) {
  const auto lossWith = [&](int together) {
    nn::TrainingRun run = makeRun(together);
    const auto step = run.step(samples);
    EXPECT_TRUE(step) << step.error().message();
    return std::pair(step->loss, step->gradientNorm);
  };
  const auto [oneByOne, norm] = lossWith(1);
  const auto [together, normTogether] = lossWith(2);
  EXPECT_NEAR(oneByOne, together, 1e-4);
  EXPECT_NEAR(norm, normTogether, 1e-3 * norm);
}

}  // namespace cyto::test
