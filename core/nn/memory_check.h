#pragma once

#include <string>

#include "core/inference/model.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// Whether a network with these weights can work within `usable_bytes` (usableMemory_bytes): its weights in the order that
/// the processor multiplies fastest, and room for one image. Where control groups set the limit, a process that asks for
/// more is killed without a word, so this says it before. kOutOfMemory names both amounts and what helps. The weights of
/// the file do not count: they are mapped, and the system drops them when it needs the room.
Status checkMemory(const NamedTensors& weights, const ModelIdentity& identity, int64_t usable_bytes);

}  // namespace cyto::nn
