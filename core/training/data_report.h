#pragma once

#include <string>

#include "core/training/training_data.h"

namespace cyto {

/// What a training will cost, from a few trial steps.
struct TrainingEstimate {
  TrainingProfile profile;
  int64_t memory_bytes = 0;  ///< the most that was in use
};

/// The preflight report for people: counts, sizes, types, what is left out and why, memory and time. `estimate` may be
/// null.
std::string reportText(const TrainingDataReport& report, const TrainingOptions& options,
                       const TrainingEstimate* estimate);

/// The same as one JSON document.
std::string reportJson(const TrainingDataReport& report, const TrainingOptions& options,
                       const TrainingEstimate* estimate);

/// One line for each sample: its name, kind, size and objects, how often it is drawn relative to the others, and
/// whether it is kept back to judge the training.
std::string samplesCsv(const TrainingData& data);

}  // namespace cyto
