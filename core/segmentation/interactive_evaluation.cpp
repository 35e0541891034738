#include "core/segmentation/interactive_evaluation.h"

#include <algorithm>
#include <map>
#include <opencv2/imgproc.hpp>
#include <random>

#include "core/segmentation/mask_prompt.h"

namespace cyto {

namespace {

struct Centre {
  double y = 0;
  double x = 0;
};

Centre centreOfMass(const PlaneMask& mask) {
  Centre sum;
  int64_t count = 0;
  for (int64_t y = mask.box.y0; y < mask.box.y1; ++y) {
    for (int64_t x = mask.box.x0; x < mask.box.x1; ++x) {
      if (!mask.at(y, x)) continue;
      sum.y += static_cast<double>(y);
      sum.x += static_cast<double>(x);
      ++count;
    }
  }
  return {sum.y / static_cast<double>(count), sum.x / static_cast<double>(count)};
}

/// Distance of each pixel of the box to the nearest pixel that is not in the mask.
cv::Mat distances(const PlaneMask& mask) {
  const int rows = static_cast<int>(mask.box.height());
  const int columns = static_cast<int>(mask.box.width());
  cv::Mat padded = cv::Mat::zeros(rows + 2, columns + 2, CV_8U);
  for (int y = 0; y < rows; ++y) {
    std::copy_n(mask.pixels.begin() + static_cast<int64_t>(y) * columns, columns, padded.ptr<uint8_t>(y + 1) + 1);
  }
  cv::Mat out;
  cv::distanceTransform(padded, out, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return out(cv::Rect(1, 1, columns, rows)).clone();
}

void addCorrections(const PlaneMask& truth, const PlaneMask& answer, Prompts& prompts) {
  const PlaneMask missing = subtracted(truth, answer);
  const PlaneMask tooMuch = subtracted(answer, truth);
  if (!missing.isEmpty()) prompts.points.push_back(centreClick(missing));
  if (tooMuch.isEmpty()) return;
  PointPrompt click = centreClick(tooMuch);
  click.positive = false;
  prompts.points.push_back(click);
}

}  // namespace

std::vector<TruthObject> objectsOf(std::span<const uint32_t> labels, int64_t rows, int64_t columns, int64_t leastArea) {
  std::map<uint32_t, PlaneBox> bounds;
  size_t i = 0;
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      const uint32_t id = labels[i++];
      if (id == 0) continue;
      PlaneBox& box = bounds.try_emplace(id, PlaneBox{y, x, y + 1, x + 1}).first->second;
      box = {box.y0, std::min(box.x0, x), y + 1, std::max(box.x1, x + 1)};
    }
  }
  std::vector<TruthObject> objects;
  for (const auto& [id, box] : bounds) {
    PlaneMask mask = maskWhere(
        box, [&, wanted = id](int64_t y, int64_t x) { return labels[static_cast<size_t>(y * columns + x)] == wanted; });
    if (mask.area() >= leastArea) objects.push_back({id, std::move(mask)});
  }
  return objects;
}

std::vector<TruthObject> sampled(std::vector<TruthObject> objects, int64_t count, uint64_t seed) {
  const auto total = static_cast<int64_t>(objects.size());
  if (count <= 0 || count >= total) return objects;
  std::vector<size_t> order(objects.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937_64 random(seed);
  // Not std::shuffle: its result differs between standard libraries.
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    std::swap(order[i], order[i + random() % (order.size() - i)]);
  }
  std::sort(order.begin(), order.begin() + count);
  std::vector<TruthObject> chosen;
  for (int64_t i = 0; i < count; ++i) chosen.push_back(std::move(objects[order[static_cast<size_t>(i)]]));
  return chosen;
}

PointPrompt centreClick(const PlaneMask& mask) {
  const cv::Mat distance = distances(mask);
  double deepest = 0;
  cv::minMaxLoc(distance, nullptr, &deepest);
  const Centre centre = centreOfMass(mask);
  PointPrompt best;
  double nearest = -1;
  for (int y = 0; y < distance.rows; ++y) {
    for (int x = 0; x < distance.cols; ++x) {
      if (distance.at<float>(y, x) < static_cast<float>(deepest)) continue;
      const auto row = static_cast<double>(mask.box.y0 + y);
      const auto column = static_cast<double>(mask.box.x0 + x);
      const double away = (row - centre.y) * (row - centre.y) + (column - centre.x) * (column - centre.x);
      if (nearest >= 0 && away >= nearest) continue;
      nearest = away;
      best = {row, column, true};
    }
  }
  return best;
}

Result<std::vector<double>> simulateUser(PromptDecoder& decoder, const PreparedEmbedding& embedding,
                                         const PlaneMask& truth, const SimulatedUser& user) {
  Prompts prompts;
  if (user.first == FirstPrompt::kPoint) {
    prompts.points.push_back(centreClick(truth));
  } else {
    prompts.box = boxOf(truth);
  }
  std::vector<double> ious;
  for (int round = 0; round < user.rounds; ++round) {
    CYTO_ASSIGN(MaskPrediction prediction, decoder.decode(embedding, prompts, {}));
    MaskCandidate& best = prediction.candidates.front();
    const PlaneMask answer{best.box, std::move(best.mask)};
    ious.push_back(intersectionOverUnion(answer, truth));
    const size_t clicks = prompts.points.size();
    addCorrections(truth, answer, prompts);
    if (prompts.points.size() == clicks) {  // nothing to correct
      ious.resize(static_cast<size_t>(user.rounds), ious.back());
      break;
    }
    if (user.feedsBackMask) prompts.mask = std::move(best.lowResolution);
  }
  return ious;
}

}  // namespace cyto
