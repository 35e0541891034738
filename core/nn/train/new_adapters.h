#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Where adapters are added to a ViT image encoder: to the blocks of `network` that `blocks` names, or to all.
struct AdapterPlaces {
  const NamedTensors& network;
  const std::vector<int64_t>& blocks;
  uint64_t seed = 0;
};

/// The block of a ViT image encoder that a weight belongs to; none: it belongs to no block.
std::optional<int64_t> vitBlockOf(const std::string& name);

/// Whether a weight belongs to one of these blocks; to any, when none is named.
bool isInBlocks(const std::string& name, const std::vector<int64_t>& blocks);

// Adapters as they are before training, under the names and with the shapes that micro-sam gives them
// (spec/micro-sam.md §9.7; `withoutAdapters` says what they do), on the device of the network. None changes anything
// yet but AdaptFormer's, which add the MLP's input. All throw std::invalid_argument when the network has no ViT image
// encoder.

/// B A for each of `matrices` (q, k, v, mlp; empty: q and v), A (rank, in) random and B (out, rank) zero. Throws
/// std::invalid_argument for other matrices and a rank outside 1..width.
NamedTensors newLora(const AdapterPlaces& places, int64_t rank, const std::vector<std::string>& matrices);

/// V S U for query and value, where the small S is its own for each, and V is zero. Throws as `newLora`.
NamedTensors newFact(const AdapterPlaces& places, int64_t rank);

/// Scales of one and shifts of zero for each layer; norms are layers too.
NamedTensors newScalesAndShifts(const AdapterPlaces& places);

/// Beside the MLPs that have none yet: down to 64 channels and up again, the latter zero.
NamedTensors newBottlenecks(const AdapterPlaces& places);

}  // namespace cyto::nn
