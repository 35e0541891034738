#pragma once

#include "core/inference/training.h"

namespace cyto::test {

/// Four bright discs on a dark ground; ids 10, 20, 30, 40.
TrainingImage syntheticCells(int64_t side = 96);

/// A data set in memory: `learned` copies of such images, and `kept` more that are kept back.
class SyntheticDataset : public TrainingDataset {
 public:
  explicit SyntheticDataset(int learned = 1, int kept = 0);
  const std::vector<TrainingSample>& samples() const override { return samples_; }
  Result<TrainingImage> read(size_t index) const override;

 private:
  std::vector<TrainingSample> samples_;
};

}  // namespace cyto::test
