#pragma once

#include <memory>
#include <string>

#include "core/inference/instance_decoder.h"

namespace cyto::nn {

/// The instance decoder of cyto-small. The encoder has done the work: the maps are the embedding's "dense" map in other
/// units, cut to what the image covers. `modelName` is for errors.
std::unique_ptr<InstanceDecoder> makeDenseInstanceDecoder(std::string modelName);

}  // namespace cyto::nn
