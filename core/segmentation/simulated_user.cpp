#include "core/segmentation/simulated_user.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <random>
#include <vector>

#include "core/segmentation/mask_prompt.h"

namespace cyto {

namespace {

// How far from the object a random negative click may fall when there is no error.
constexpr int64_t kSurroundings_pixels = 3;

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

struct Deepest {
  PointPrompt click;
  double depth = 0;  ///< distance to the nearest pixel outside; 0 for an empty mask
};

Deepest deepestOf(const PlaneMask& mask) {
  Deepest best;
  if (mask.isEmpty()) return best;
  const cv::Mat distance = distances(mask);
  cv::minMaxLoc(distance, nullptr, &best.depth);
  const Centre centre = centreOfMass(mask);
  double nearest = -1;
  for (int y = 0; y < distance.rows; ++y) {
    for (int x = 0; x < distance.cols; ++x) {
      if (distance.at<float>(y, x) < static_cast<float>(best.depth)) continue;
      const auto row = static_cast<double>(mask.box.y0 + y);
      const auto column = static_cast<double>(mask.box.x0 + x);
      const double away = (row - centre.y) * (row - centre.y) + (column - centre.x) * (column - centre.x);
      if (nearest >= 0 && away >= nearest) continue;
      nearest = away;
      best.click = {row, column, true};
    }
  }
  return best;
}

PointPrompt negative(PointPrompt click) {
  click.positive = false;
  return click;
}

/// One user with one object: what was said so far, and what is said next.
class Correcting {
 public:
  Correcting(const PlaneMask& truth, const SimulatedUser& user, Extent2 plane)
      : truth_(truth), user_(user), plane_(plane), random_(user.seed) {
    if (user.first == FirstPrompt::kPoint) {
      prompts.points.push_back(centreClick(truth));
    } else {
      prompts.box = boxOf(truth);
    }
  }

  Prompts prompts;

  /// Adds clicks; false when there is nothing to say.
  bool correct(const PlaneMask& answer) {
    const PlaneMask missing = subtracted(truth_, answer);
    const PlaneMask tooMuch = subtracted(answer, truth_);
    if (user_.corrections == Corrections::kRandom) {
      correctAtRandom(missing, tooMuch);
      return true;
    }
    if (missing.isEmpty() && tooMuch.isEmpty()) return false;
    const Deepest wanted = deepestOf(missing), unwanted = deepestOf(tooMuch);
    const bool both = user_.corrections == Corrections::kCentrePair;
    if (both ? wanted.depth > 0 : wanted.depth >= unwanted.depth) prompts.points.push_back(wanted.click);
    if (both ? unwanted.depth > 0 : unwanted.depth > wanted.depth) prompts.points.push_back(negative(unwanted.click));
    return true;
  }

 private:
  void correctAtRandom(const PlaneMask& missing, const PlaneMask& tooMuch) {
    prompts.points.push_back(pixelOf(missing.isEmpty() ? truth_ : missing));
    const PlaneBox plane{0, 0, plane_.y, plane_.x};
    PlaneMask unwanted = tooMuch;
    if (unwanted.isEmpty()) unwanted = backgroundIn(surroundings().clippedTo(plane));
    if (unwanted.isEmpty()) unwanted = backgroundIn(plane);
    if (!unwanted.isEmpty()) prompts.points.push_back(negative(pixelOf(unwanted)));
  }

  PlaneBox surroundings() const {
    const PlaneBox& box = truth_.box;
    return {box.y0 - kSurroundings_pixels, box.x0 - kSurroundings_pixels, box.y1 + kSurroundings_pixels,
            box.x1 + kSurroundings_pixels};
  }

  PlaneMask backgroundIn(const PlaneBox& window) const {
    return maskWhere(window, [&](int64_t y, int64_t x) { return !truth_.at(y, x); });
  }

  /// Not std::uniform_int_distribution: its result differs between standard libraries.
  PointPrompt pixelOf(const PlaneMask& mask) {
    auto wanted = static_cast<int64_t>(random_() % static_cast<uint64_t>(mask.area()));
    size_t i = 0;
    while (mask.pixels[i] == 0 || wanted-- > 0) ++i;
    const auto place = static_cast<int64_t>(i);
    return {static_cast<double>(mask.box.y0 + place / mask.box.width()),
            static_cast<double>(mask.box.x0 + place % mask.box.width()), true};
  }

  const PlaneMask& truth_;
  const SimulatedUser& user_;
  Extent2 plane_;
  std::mt19937_64 random_;
};

}  // namespace

PointPrompt centreClick(const PlaneMask& mask) { return deepestOf(mask).click; }

std::optional<Corrections> correctionsFromName(const std::string& name) {
  if (name == "centre") return Corrections::kCentre;
  if (name == "pair") return Corrections::kCentrePair;
  if (name == "random") return Corrections::kRandom;
  return std::nullopt;
}

Status simulateUser(PromptDecoder& decoder, const PreparedEmbedding& embedding, const PlaneMask& truth,
                    const SimulatedUser& user, const AnswerSink& onAnswer) {
  Correcting correcting(truth, user, embedding.embedding().originalSize);
  bool isContent = false;
  PlaneMask answer;
  for (int round = 1; round <= user.rounds; ++round) {
    if (!isContent) {
      CYTO_ASSIGN(MaskPrediction prediction, decoder.decode(embedding, correcting.prompts, {}));
      MaskCandidate& best = prediction.candidates.front();
      answer = {best.box, std::move(best.mask)};
      isContent = !correcting.correct(answer);
      if (user.feedsBackMask) correcting.prompts.mask = std::move(best.lowResolution);
    }
    onAnswer(round, answer);
  }
  return {};
}

}  // namespace cyto
