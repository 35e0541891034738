#include "core/segmentation/automatic/grid_masks.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace cyto {

namespace {

double overlap(const PlaneBox& a, const PlaneBox& b) {
  const auto extent = [](int64_t from, int64_t to) { return static_cast<double>(std::max<int64_t>(0, to - 1 - from)); };
  const double shared =
      extent(std::max(a.y0, b.y0), std::min(a.y1, b.y1)) * extent(std::max(a.x0, b.x0), std::min(a.x1, b.x1));
  const double either = extent(a.y0, a.y1) * extent(a.x0, a.x1) + extent(b.y0, b.y1) * extent(b.x0, b.x1) - shared;
  return either > 0 ? shared / either : 0;
}

int64_t areaOf(const MaskCandidate& mask) { return std::count(mask.mask.begin(), mask.mask.end(), 1); }

/// How many points are asked for at once: networks answer several at a time, each in another time, and somebody who
/// clicks meanwhile should wait for a tenth of a second at most.
class BatchSize {
 public:
  using Clock = std::chrono::steady_clock;

  size_t count() const { return count_; }
  void learn(Clock::duration ofLast) {
    if (ofLast < kShort) count_ = std::min<size_t>(2 * count_, 1024);
    if (ofLast > kLong) count_ = std::max<size_t>(count_ / 2, 1);
  }

 private:
  static constexpr std::chrono::milliseconds kShort{40}, kLong{100};
  size_t count_ = 4;
};

/// Paints masks from the largest to the smallest, with ids in this order.
InstanceLabels painted(std::vector<MaskCandidate> masks, Extent2 size) {
  std::vector<std::pair<int64_t, size_t>> bySize;
  for (size_t i = 0; i < masks.size(); ++i) bySize.emplace_back(-areaOf(masks[i]), i);
  std::sort(bySize.begin(), bySize.end());
  InstanceLabels labels{size, std::vector<uint32_t>(static_cast<size_t>(size.y * size.x)), 0};
  for (const auto& [negativeArea, index] : bySize) {
    const MaskCandidate& mask = masks[index];
    const uint32_t id = ++labels.count;
    for (int64_t y = mask.box.y0; y < mask.box.y1; ++y) {
      const uint8_t* const row = mask.mask.data() + (y - mask.box.y0) * mask.box.width();
      uint32_t* const to = labels.ids.data() + y * size.x + mask.box.x0;
      for (int64_t x = 0; x < mask.box.width(); ++x) {
        if (row[x]) to[x] = id;
      }
    }
  }
  return labels;
}

void dropBackgroundAndSpecks(InstanceLabels& labels, int64_t minSize) {
  const std::vector<int64_t> areas = areasOf(labels);
  std::vector<uint8_t> isKept(areas.size(), 0);
  const auto largest = std::max_element(areas.begin(), areas.end());
  for (size_t id = 1; id < areas.size(); ++id) {
    isKept[id] = areas[id] > 0 && areas[id] >= minSize && areas.begin() + static_cast<std::ptrdiff_t>(id) != largest;
  }
  if (largest != areas.begin() && *largest <= areas[0]) isKept[static_cast<size_t>(largest - areas.begin())] = 1;
  keepObjects(labels, isKept);
}

}  // namespace

std::vector<PointPrompt> gridPoints(Extent2 size, int64_t perSide) {
  std::vector<PointPrompt> points;
  const auto at = [perSide](int64_t k, int64_t extent) {
    return (static_cast<double>(k) + 0.5) / static_cast<double>(perSide) * static_cast<double>(extent);
  };
  for (int64_t row = 0; row < perSide; ++row) {
    for (int64_t column = 0; column < perSide; ++column) {
      points.push_back({at(row, size.y), at(column, size.x), true});
    }
  }
  return points;
}

std::vector<size_t> suppressOverlapping(const std::vector<PlaneBox>& boxes, const std::vector<float>& scores,
                                        double threshold) {
  std::vector<size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<size_t> kept;
  for (const size_t candidate : order) {
    const bool isNew = std::none_of(
        kept.begin(), kept.end(), [&](size_t better) { return overlap(boxes[better], boxes[candidate]) > threshold; });
    if (isNew) kept.push_back(candidate);
  }
  return kept;
}

Result<InstanceLabels> gridMasks(PromptDecoder& decoder, const PreparedEmbedding& embedding,
                                 const GridParameters& parameters, const JobContext& job) {
  const Extent2 size = embedding.embedding().originalSize;
  const std::vector<PointPrompt> points = gridPoints(size, parameters.pointsPerSide);
  const MaskFilter filter{static_cast<float>(parameters.minPredictedIou), static_cast<float>(parameters.minStability)};
  std::vector<MaskCandidate> found;
  std::vector<PlaneBox> boxes;
  std::vector<float> scores;
  BatchSize batch;
  ProgressReporter progress(job, "points", static_cast<int64_t>(points.size()));
  for (size_t next = 0; next < points.size();) {
    std::vector<Prompts> prompts;
    const size_t end = std::min(next + batch.count(), points.size());
    for (; next < end; ++next) prompts.push_back({{points[next]}, {}, {}});
    const auto start = BatchSize::Clock::now();
    CYTO_ASSIGN(auto answers, decoder.decodeMany(embedding, prompts, filter, {job.cancel, {}}));
    for (std::vector<MaskCandidate>& candidates : answers) {
      for (MaskCandidate& candidate : candidates) {
        if (candidate.box.isEmpty()) continue;
        boxes.push_back(candidate.box);
        scores.push_back(candidate.predictedIou);
        found.push_back(std::move(candidate));
      }
    }
    batch.learn(BatchSize::Clock::now() - start);
    progress.advance(static_cast<int64_t>(prompts.size()));
  }
  CYTO_TRY(job.cancel.check());
  std::vector<MaskCandidate> masks;
  for (const size_t i : suppressOverlapping(boxes, scores, parameters.maxBoxOverlap)) {
    masks.push_back(std::move(found[i]));
  }
  InstanceLabels labels = painted(std::move(masks), size);
  makeObjectsWhole(labels);
  dropBackgroundAndSpecks(labels, parameters.minSize);
  return labels;
}

}  // namespace cyto
