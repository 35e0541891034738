#pragma once

#include <vector>

#include "core/segmentation/encoding_provider.h"
#include "core/segmentation/object_prompts.h"
#include "core/session/attention.h"

namespace cyto {

/// The tiles that answer these prompts; none when they would be refused.
std::vector<TileAddress> tilesOf(const ObjectPrompts& prompts, const EncodingProvider& embeddings);

}  // namespace cyto
