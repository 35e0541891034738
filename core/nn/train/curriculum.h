#pragma once

#include <vector>

#include "core/inference/training.h"

namespace cyto::nn {

/// What one step of the optimiser learns from.
struct Lesson {
  bool prompts = true;     ///< answers to prompts
  bool instances = false;  ///< finding all objects
};

/// What a training learns and is judged by.
struct Curriculum {
  std::vector<Lesson> lessons;  ///< of each batch, one after the other, on the same crops
  bool judgesPrompts = true, judgesInstances = false;
};

/// Of options whose `architecture` and `instanceDecoder` are filled in. SAM and its decoder learn in turns
/// (spec/micro-sam.md §9.4), cyto-small learns both at once; either learns to find all objects alone when that is asked
/// for, and is judged by it then.
Curriculum curriculumOf(const TrainingOptions& options);

}  // namespace cyto::nn
