#pragma once

#include "core/nn/train/trained_network.h"

namespace cyto::test {

/// The weights of the small SAM of the fixtures: frames of 128 pixels, embeddings of 32 channels.
nn::NamedTensors reducedSamWeights();

/// This network of such weights, with the instance decoder whose weights stand beside them, if there are any.
nn::TrainedNetwork makeReducedSam(const nn::NamedTensors& weights);

}  // namespace cyto::test
