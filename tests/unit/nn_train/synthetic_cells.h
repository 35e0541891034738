#pragma once

#include "core/inference/training.h"

namespace cyto::test {

/// Bright discs of different sizes on a dark ground, one id each.
TrainingImage syntheticCells(int64_t side = 96);

}  // namespace cyto::test
