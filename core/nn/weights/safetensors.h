#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/nn/weights/binary_file.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// True when the file begins like safetensors: a plausible header length and an opening brace.
bool looksLikeSafetensors(const BinaryFile& file);

/// All tensors; F16, BF16 and F64 become fp32, integers int64.
Result<NamedTensors> readSafetensors(const BinaryFile& file);

/// Writes atomically. Tensors are stored in their own type (fp32, fp16, bf16 or int64) in the order given; `metadata`
/// becomes the header's "__metadata__".
Status writeSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                        const std::map<std::string, std::string>& metadata = {});

}  // namespace cyto::nn
