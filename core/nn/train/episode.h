#pragma once

#include "core/base/cancel.h"
#include "core/nn/train/curriculum.h"
#include "core/nn/train/losses.h"
#include "core/nn/train/trained_network.h"

namespace cyto::nn {

struct EpisodeOptions {
  Lesson lesson = {true, true};
  int objectsPerImage = 6;
  int subIterations = 3;
  double singleCorrections = 0;  ///< probability of one click a correction instead of one of each kind
  double alternatives = 1;       ///< probability that the first click asks for several masks instead of the one
  double shareOfMean = 0;        ///< of all alternatives in the loss of such a click, the best one having the rest
  MaskLoss maskLoss = MaskLoss::kDiceAndFocal;
  double maskProbability = 0.5;
  double boxDistortion = 0.025;
  at::ScalarType type = at::kFloat;  ///< of the frames
  bool encoderLearns = true;         ///< else it runs without gradients
  double lossShare = 1;              ///< factor of the loss: the part of a step that these crops are
  CancelToken cancel;                ///< ends forward passes with Cancelled
};

struct EpisodeResult {
  double loss = 0;
  double instanceLoss = 0;
  double firstIou = 0;  ///< mean over objects after the first prompt
  int objects = 0;
};

/// Feature maps of the crops, without gradients when the encoder does not learn.
Features encodeCrops(PromptableModel& model, const std::vector<TrainingCrop>& crops, const EpisodeOptions& options);

/// Prompts the objects of every crop, whose feature maps are `features`, as a user would (spec/micro-sam.md §9.2,
/// §9.3): a click for even `iteration`, a box for odd ones, then corrections; lets the network find all of them by
/// itself; both if the lesson says so. Adds the gradients of the loss, divided by the number of crops and times its
/// share, to those of the weights.
EpisodeResult runEpisode(const TrainedNetwork& network, const Features& features,
                         const std::vector<TrainingCrop>& crops, const EpisodeOptions& options, int64_t iteration,
                         Random& random);

}  // namespace cyto::nn
