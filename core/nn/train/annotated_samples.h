#pragma once

#include <memory>

#include "core/base/byte_budget_cache.h"
#include "core/nn/train/annotated_image.h"

namespace cyto::nn {

/// The samples of a data set that are learned from, or those that are kept back; what was read last stays in
/// memory. `get` may be called from several threads.
class AnnotatedSamples {
 public:
  /// `dataset` must outlive this.
  AnnotatedSamples(const TrainingDataset& dataset, bool validation, int64_t memory_bytes);

  size_t size() const { return indices_.size(); }
  const TrainingSample& sample(size_t index) const { return dataset_->samples()[indices_.at(index)]; }

  /// An index, with probabilities as the weights of the samples. There must be a sample.
  size_t draw(Random& random) const;

  /// Errors: those of reading the file.
  Result<std::shared_ptr<const AnnotatedImage>> get(size_t index) const;

 private:
  const TrainingDataset* dataset_;
  std::vector<size_t> indices_;
  std::vector<double> upTo_;  // running sum of the weights
  mutable ByteBudgetCache<size_t, AnnotatedImage> cache_;
};

}  // namespace cyto::nn
