#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/array/plane_mask.h"
#include "core/base/result.h"
#include "core/inference/model.h"

namespace cyto {

/// One object of a ground truth.
struct TruthObject {
  uint32_t id = 0;
  PlaneMask mask;
};

/// The objects of a label plane (0 is background) with at least `leastArea` pixels, by ascending id. Every
/// id is one object, also when it has several pieces.
std::vector<TruthObject> objectsOf(std::span<const uint32_t> labels, int64_t rows, int64_t columns, int64_t leastArea);

/// At most `count` of them, chosen by `seed` alone, in their old order; all when `count` is 0.
std::vector<TruthObject> sampled(std::vector<TruthObject> objects, int64_t count, uint64_t seed);

/// Where a careful user clicks: the pixel of the mask that is farthest from anything else, the border of
/// the image included; of equals the one nearest to the centre of mass. The mask must not be empty.
PointPrompt centreClick(const PlaneMask& mask);

/// How the simulated user begins.
enum class FirstPrompt { kPoint, kBox };

struct SimulatedUser {
  FirstPrompt first = FirstPrompt::kPoint;  ///< one centre click, or the tight box
  int rounds = 1;                           ///< the first prompt and the corrections after it
  bool feedsBackMask = true;                ///< corrections also hand the last logits back
};

/// IoU with the truth after each round (spec/micro-sam.md §10.2, with certain clicks in place of random
/// ones): each correction adds a positive click in the centre of what is missing and a negative click in
/// the centre of what is too much; a round without error repeats the last answer.
/// `embedding` is of the plane that holds the object.
Result<std::vector<double>> simulateUser(PromptDecoder& decoder, const PreparedEmbedding& embedding,
                                         const PlaneMask& truth, const SimulatedUser& user);

}  // namespace cyto
