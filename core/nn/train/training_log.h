#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/nn/train/training_run.h"
#include "core/nn/train/validation.h"

namespace cyto::nn {

/// log.csv: a line a minute or so with the mean losses since the last one, and a line for each kind of image and
/// validation. What a user looks at to see whether it learns; that it cannot be written stops nothing.
class TrainingLog {
 public:
  /// Goes on with the file; lines beyond `steps` are of steps that will be taken again and go.
  TrainingLog(std::filesystem::path path, int64_t steps);

  void addStep(const StepResult& step);
  void writeSteps(const TrainingRun& run);
  void writeValidation(const TrainingRun& run, const std::map<std::string, TrainingScore>& scores);

  /// "loss 1.23, click 0.71, box 0.80, all objects 0.90": a running mean and the last validation.
  std::string note() const;

 private:
  void write(const std::string& line) const;

  std::filesystem::path path_;
  StepResult sum_;
  int count_ = 0;
  double recentLoss_ = -1;
  std::string lastScores_;
};

}  // namespace cyto::nn
