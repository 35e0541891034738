#include "core/nn/train/annotated_samples.h"

#include <algorithm>

namespace cyto::nn {

AnnotatedSamples::AnnotatedSamples(const TrainingDataset& dataset, bool validation, int64_t memory_bytes)
    : dataset_(&dataset), cache_(memory_bytes) {
  double sum = 0;
  for (size_t i = 0; i < dataset.samples().size(); ++i) {
    if (dataset.samples()[i].validation != validation) continue;
    indices_.push_back(i);
    upTo_.push_back(sum += dataset.samples()[i].weight);
  }
}

size_t AnnotatedSamples::draw(Random& random) const {
  const double where = std::uniform_real_distribution<double>(0, upTo_.back())(random);
  const auto found = std::upper_bound(upTo_.begin(), upTo_.end(), where);
  return std::min(static_cast<size_t>(found - upTo_.begin()), size() - 1);
}

Result<std::shared_ptr<const AnnotatedImage>> AnnotatedSamples::get(size_t index) const {
  if (auto kept = cache_.find(index)) return kept;
  CYTO_ASSIGN(const TrainingImage image, dataset_->read(indices_.at(index)));
  CYTO_ASSIGN(AnnotatedImage annotated, annotate(image));
  const auto shared = std::make_shared<const AnnotatedImage>(std::move(annotated));
  cache_.insert(index, shared, shared->size_bytes());
  return shared;
}

}  // namespace cyto::nn
