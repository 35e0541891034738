#pragma once

#include <cstdint>
#include <filesystem>

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// The weights of the instance decoder that belongs to a checkpoint read from `file`: those inside, else those of the
/// file beside it, as micro-sam keeps them: `NAME_decoder` or `NAME_decoder.pt` for `NAME` or `NAME.pt`. Empty when
/// there is neither. Errors: those of readCheckpoint; kModel when the file beside it is something else.
Result<NamedTensors> instanceDecoderOf(Checkpoint checkpoint, const std::filesystem::path& file);

/// A decoder to begin a training with, for embeddings of `channels` channels (a multiple of 4). Keys, shapes and the
/// order are those of micro-sam's current generation, which upsamples by interpolation (spec/micro-sam.md §6.3); its
/// widths 512, 256, 128 and 64 are for 256 channels and scale with them. Convolutions are drawn as the reference draws
/// them, uniform within 1 / sqrt(fan-in).
NamedTensors randomInstanceDecoder(int64_t channels, uint64_t seed);

}  // namespace cyto::nn
