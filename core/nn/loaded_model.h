#pragma once

#include <memory>

#include "core/inference/model.h"
#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// The type of a precision's numbers; fp32 for kAuto.
at::ScalarType scalarTypeOf(Precision precision);

/// Wraps a network as the Model that the rest of the program uses: frames in, embeddings out; prompts in, masks out.
/// The image encoder works in `identity.precision`, the decoder in fp32. `instanceDecoder` may be null.
std::unique_ptr<Model> wrapModel(std::unique_ptr<PromptableModel> network, ModelIdentity identity,
                                 std::unique_ptr<InstanceDecoder> instanceDecoder = nullptr);

}  // namespace cyto::nn
