#pragma once

#include "core/inference/model.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Whether a network and its instance decoder (empty: none) can work within `usable_bytes` (usableMemory_bytes):
/// weights in the order that the processor multiplies fastest, and room for one image. Where control groups set the
/// limit, a process that asks for more is killed without a word, so this says it before. kOutOfMemory names both
/// amounts and what helps. It is the least that is needed: fp32 weights of the file do not count, for they are mapped
/// and the system drops them when it needs the room, but a file of half precision is widened and takes more.
Status checkMemory(const NamedTensors& network, const NamedTensors& instanceDecoder, const ModelIdentity& identity,
                   int64_t usable_bytes);

}  // namespace cyto::nn
