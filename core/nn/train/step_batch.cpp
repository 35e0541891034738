#include "core/nn/train/step_batch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "core/nn/devices.h"
#include "core/nn/parallel_tasks.h"

namespace cyto::nn {

namespace {

constexpr size_t kNamesInMessage = 8;
constexpr uint64_t kCropStreams = 1 << 16;  // streams below are for plans and prompts

}  // namespace

Random randomOf(uint64_t seed, int64_t step, uint64_t stream) {
  std::seed_seq sequence{seed, static_cast<uint64_t>(step), stream};
  return Random(sequence);
}

std::string StepPlan::names(const AnnotatedSamples& samples) const {
  std::string text;
  size_t count = 0;
  for (const auto& indices : drawn) {
    for (const size_t index : indices) {
      if (count++ < kNamesInMessage) text += (text.empty() ? "'" : ", '") + samples.sample(index).name + "'";
    }
  }
  return count > kNamesInMessage ? text + " and " + std::to_string(count - kNamesInMessage) + " more" : text;
}

Result<StepBatch> drawBatch(const StepPlan& plan, size_t replica, const AnnotatedSamples& samples,
                            const TrainingOptions& options) {
  const std::vector<size_t>& drawn = plan.drawn[replica];
  std::vector<TrainingCrop> crops(drawn.size());
  std::mutex mutex;
  std::optional<Error> problem;
  runTasks(static_cast<int64_t>(drawn.size()), [&](int64_t task, int64_t) {
    const at::AutoGradMode withoutGradients(false);
    const auto i = static_cast<size_t>(task);
    const auto image = samples.get(drawn[i]);
    if (!image) {
      const std::lock_guard guard(mutex);
      problem = image.error();
      return;
    }
    Random random = randomOf(options.seed, plan.step, kCropStreams * (1 + replica) + i);
    crops[i] = drawCrop(**image, plan.side, plan.frameSide, options.variation, random);
  });
  if (problem) return *problem;
  StepBatch batch;
  batch.random = randomOf(options.seed, plan.step, 1 + replica);
  batch.crops = crops.size();
  const size_t together = plan.together > 0 ? plan.together : std::max<size_t>(1, crops.size());
  for (size_t i = 0; i < crops.size(); ++i) {
    if (i % together == 0) batch.parts.emplace_back();
    batch.parts.back().push_back(std::move(crops[i]));
  }
  return batch;
}

void BatchAhead::begin(StepPlan plan, const AnnotatedSamples& samples, const TrainingOptions& options) {
  step_ = plan.step;
  batch_ = std::async(std::launch::async, [plan = std::move(plan), &samples, options] {
    useThreads(options.threads);
    return drawBatch(plan, 0, samples, options);
  });
}

}  // namespace cyto::nn
