#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cyto::nn {

/// Tensors under their state-dict keys, in the order of the file. Floating-point tensors are fp32 whatever the file
/// holds; integer tensors are int64. All contiguous, on the CPU, owned or shown from the file without a copy
/// (BinaryFile::map; changing them does not change the file).
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// A checkpoint after unwrapping (spec/micro-sam.md §1.4).
struct Checkpoint {
  NamedTensors model;    ///< keys such as "image_encoder.pos_embed"
  NamedTensors decoder;  ///< micro-sam's instance-segmentation decoder; empty when the file has none
};

/// In front of the decoder's keys where they stand in one list with those of the network, as safetensors files have it.
inline constexpr std::string_view kInstanceDecoderPrefix = "instance_decoder.";

/// The network's weights and then the decoder's with their prefix; and the way back.
NamedTensors joined(Checkpoint checkpoint);
Checkpoint separated(NamedTensors tensors);

/// The same weights on a device; on the processor those are shared.
NamedTensors onDevice(NamedTensors weights, c10::Device device);

/// Reads a checkpoint without executing anything in it: safetensors, or the zip files of torch.save with a restricted
/// pickle. Unwraps `model_state`, `decoder_state`, `state_dict` and the key prefixes `sam.` and `_orig_mod.`; separates
/// the decoder of a safetensors file; folds adapters (adapters.h). Errors: kNotFound, kIo, kFormat (damaged, hostile,
/// or a kind we do not read).
Result<Checkpoint> readCheckpoint(const std::filesystem::path& path);

/// "vit_b", "vit_l", "vit_h", "vit_t" or "cyto_small" by keys and shapes; empty when it is none of them.
std::string detectArchitecture(const NamedTensors& tensors);

}  // namespace cyto::nn
