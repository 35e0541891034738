#pragma once

#include <vector>

#include "core/synthesis/raster.h"

namespace cyto::synthesis {

/// What JPEG does to an image with values 0..1: blocks of 8 x 8 pixels lose what `quality` (1..100) does not keep
/// (cosine transform and tables of ITU-T T.81, annex K). Three channels are red, green and blue; colours are kept at
/// half size.
void compressBlocks(std::vector<FloatRaster>& channels, int quality);

}  // namespace cyto::synthesis
