#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/array/plane_mask.h"
#include "core/base/result.h"
#include "core/inference/model.h"

namespace cyto {

/// Where a careful user clicks: the pixel of the mask that is farthest from anything else, the border of
/// the image included; of equals the one nearest to the centre of mass. The mask must not be empty.
PointPrompt centreClick(const PlaneMask& mask);

/// How the simulated user begins.
enum class FirstPrompt { kPoint, kBox };

/// Where the user clicks after a look at an answer.
enum class Corrections {
  kCentre,  ///< one click, where the error is deepest: positive in what is missing, else negative in what is too much
  kCentrePair,  ///< a positive click in the centre of what is missing and a negative one in the centre of what is too
                ///< much
  kRandom,      ///< one of each kind at random, as micro-sam trains and measures (spec/micro-sam.md §9.3)
};

/// "centre", "pair" or "random".
std::optional<Corrections> correctionsFromName(const std::string& name);

struct SimulatedUser {
  FirstPrompt first = FirstPrompt::kPoint;  ///< one centre click, or the tight box
  int rounds = 1;                           ///< the first prompt and the corrections after it
  bool feedsBackMask = true;                ///< corrections also hand the last logits back
  Corrections corrections = Corrections::kCentre;
  uint64_t seed = 0;  ///< of random corrections
};

/// Called after each round, counted from 1, with the answer in pixels of the image.
using AnswerSink = std::function<void(int round, const PlaneMask& answer)>;

/// Prompts for one object and corrects the answers (spec/micro-sam.md §10.2). Clicks add up, and a first box stays.
/// A user with certain clicks who finds no error is content: all later rounds have that answer. Random corrections
/// go on: without an error, positive clicks fall on the object and negative ones close to it.
/// `truth` is not empty; `embedding` is of the plane that holds it.
Status simulateUser(PromptDecoder& decoder, const PreparedEmbedding& embedding, const PlaneMask& truth,
                    const SimulatedUser& user, const AnswerSink& onAnswer);

}  // namespace cyto
