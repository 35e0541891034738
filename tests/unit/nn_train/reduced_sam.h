#pragma once

#include <functional>

#include "core/nn/train/trained_network.h"
#include "core/nn/train/training_run.h"

namespace cyto::test {

/// The weights of the small SAM of the fixtures: frames of 128 pixels, embeddings of 32 channels.
nn::NamedTensors reducedSamWeights();

/// This network of such weights, with the instance decoder whose weights stand beside them, if there are any.
nn::TrainedNetwork makeReducedSam(const nn::NamedTensors& weights);

/// A first step has the same loss and gradients whether images are in memory one by one or two together;
/// `makeRun` makes a run with so many.
void expectSameOneByOneAndTogether(const nn::AnnotatedSamples& samples,
                                   const std::function<nn::TrainingRun(int together)>& makeRun);

}  // namespace cyto::test
