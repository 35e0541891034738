#pragma once

#include <filesystem>

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Writes a file as torch.save does, which the reference loads: the plain state dict of `model`, or, with a decoder,
/// {"model_state": …, "decoder_state": …} (spec/micro-sam.md §1.4). Atomically. Tensors are fp32, fp16, bf16 or int64.
/// Errors: kInvalidArgument (4 GiB and more, which the zip format of such files does not hold), kIo.
Status writeTorchFile(const std::filesystem::path& path, const NamedTensors& model, const NamedTensors& decoder = {});

}  // namespace cyto::nn
