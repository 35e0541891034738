#pragma once

#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

/// What micro-sam's parameter-efficient methods leave in a checkpoint (spec/micro-sam.md §9.7), brought into the plain
/// network's form: LoRA, FacT and SSF are folded into the weights they change, so that nothing of them is left; the
/// bottlenecks of AdaptFormer, which cannot be folded, stand beside the plain MLP as "mlp.down_proj" and "mlp.up_proj",
/// with their factor in the latter. Checkpoints without adapters come back as they are.
/// kFormat names an adapter that does not fit its layer.
Result<NamedTensors> withoutAdapters(NamedTensors weights);

/// The other way for the bottlenecks: weights under the names that micro-sam gives them when it is asked for
/// AdaptFormer.
NamedTensors asReferenceNamesThem(const NamedTensors& weights);

}  // namespace cyto::nn
