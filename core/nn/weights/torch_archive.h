#pragma once

#include "core/nn/weights/binary_file.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Reads the tensors of a file that torch.save wrote (zip form) and sorts them into model and decoder. Only tensors
/// under text keys of the known dictionaries are read; everything else in the file is passed over.
Result<Checkpoint> readTorchArchive(const BinaryFile& file);

}  // namespace cyto::nn
