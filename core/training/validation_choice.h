#pragma once

#include <string>
#include <vector>

#include "core/training/training_data.h"

namespace cyto {

/// Where a sample comes from.
struct ValidationUnit {
  size_t source = 0, file = 0;
  std::string kind;
};

/// 1 for each sample that is kept back. With a source for validation these are its samples; else of every
/// other source `validationShare` of the files of each kind, at least one where a kind has several. One file with
/// several samples gives its last ones.
std::vector<char> chooseValidation(const std::vector<ValidationUnit>& units, const TrainingDataOptions& options);

}  // namespace cyto
