#pragma once

#include "core/base/cancel.h"
#include "core/nn/promptable_model.h"
#include "core/nn/train/training_crop.h"

namespace cyto::nn {

struct EpisodeOptions {
  int objectsPerImage = 6;
  int subIterations = 3;
  double singleCorrections = 0;  ///< probability of one click a correction instead of one of each kind
  double alternatives = 1;       ///< probability that the first click asks for several masks instead of the one
  double maskProbability = 0.5;
  double boxDistortion = 0.025;
  at::ScalarType type = at::kFloat;  ///< of the frames
  bool encoderLearns = true;         ///< else it runs without gradients
  double lossShare = 1;              ///< factor of the loss: the part of a step that these crops are
  CancelToken cancel;                ///< ends the forward pass of the encoder with Cancelled
};

struct EpisodeResult {
  double loss = 0;
  double denseLoss = 0;
  double firstIou = 0;  ///< mean over objects after the first prompt
  int objects = 0;
};

/// Prompts the objects of every crop as a user would (spec/micro-sam.md §9.2, §9.3): a click for even
/// `iteration`, a box for odd ones, then corrections; and adds the gradients of the loss, divided by the
/// number of crops and times its share, to those of the weights. Networks that are DenselySupervised learn from all
/// objects of the crops too.
EpisodeResult runEpisode(PromptableModel& model, const std::vector<TrainingCrop>& crops, const EpisodeOptions& options,
                         int64_t iteration, Random& random);

}  // namespace cyto::nn
