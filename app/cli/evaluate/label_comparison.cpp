#include "app/cli/evaluate/label_comparison.h"

#include "core/measure/connected_components.h"

namespace cyto::cli {

namespace {

std::vector<Box> framesOf(const Shape& shape) {
  std::vector<Box> frames;
  for (int64_t t = 0; t < shape.t; ++t) frames.push_back({{t, 0, 0, 0}, {t + 1, shape.z, shape.y, shape.x}});
  return frames;
}

}  // namespace

Result<std::vector<OverlapTable>> compareLabels(const io::LabelReader& truth, const PredictedIds& prediction,
                                                bool separatesComponents, const JobContext& job) {
  std::vector<OverlapTable> tables(static_cast<size_t>(truth.shape().t));
  std::vector<uint64_t> trueIds, predictedIds;
  for (const Box& box : separatesComponents ? framesOf(truth.shape()) : truth.blocks()) {
    CYTO_TRY(job.cancel.check());
    CYTO_TRY(truth.read(box, trueIds, {job.cancel, {}}));
    if (separatesComponents) relabelComponents(trueIds, box.shape());
    CYTO_TRY(prediction(box, predictedIds, {job.cancel, {}}));
    const size_t perFrame = trueIds.size() / static_cast<size_t>(box.shape().t);
    for (int64_t t = box.begin.t; t < box.end.t; ++t) {
      const size_t begin = static_cast<size_t>(t - box.begin.t) * perFrame;
      tables[static_cast<size_t>(t)].add(std::span(trueIds).subspan(begin, perFrame),
                                         std::span(predictedIds).subspan(begin, perFrame));
    }
  }
  return tables;
}

}  // namespace cyto::cli
