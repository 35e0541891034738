#pragma once

#include <ATen/core/Tensor.h>

#include "core/nn/weights/binary_file.h"

namespace cyto::nn {

/// The tensor whose values lie from `offset` of the file on: shown where they lie, without a copy, where they are
/// aligned and the file can be mapped; read otherwise. `shape` has been checked: its bytes can be counted. kFormat when
/// the file ends before.
Result<at::Tensor> storedTensor(const BinaryFile& file, uint64_t offset, at::IntArrayRef shape, at::ScalarType type);

}  // namespace cyto::nn
