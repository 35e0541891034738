#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/inference/model.h"

namespace cyto {

/// One annotated image. Labels are 0 for background and any positive id for an object.
struct TrainingImage {
  std::string name;
  RgbImage image;                ///< after `stretchToRgb`
  std::vector<uint32_t> labels;  ///< rows * columns
};

/// Options of `cytoclick train sam`; the initial values are the defaults (spec/micro-sam.md §9.5, and
/// for cyto-small the recipe in models/cyto-small.md).
struct TrainingOptions {
  std::string architecture = "cyto_small";
  std::filesystem::path startWeights;      ///< empty: random weights (cyto_small only)
  std::filesystem::path checkpointFolder;  ///< holds what is needed to resume
  std::filesystem::path exportPath;        ///< final weights as safetensors; empty: none
  double minutes = 60;                     ///< stop after this much computing, over all resumed runs
  int64_t steps = 0;                       ///< stop after this many steps instead; 0: by time
  int batchImages = 8;
  int objectsPerImage = 6;
  int subIterations = 3;         ///< prompts per object: the first and the corrections
  double learningRate = 0;       ///< 0: the recipe's own
  double maskProbability = 0.5;  ///< how often the last logits are fed back as mask prompt
  double boxDistortion = 0.025;
  uint64_t seed = 1;
  int threads = 0;  ///< 0: all cores
  Precision precision = Precision::kAuto;
};

struct TrainingReport {
  int64_t steps = 0;
  double seconds = 0;
  double validationPointIou = 0;
  double validationBoxIou = 0;
  std::filesystem::path checkpoint;
  std::filesystem::path exported;
};

}  // namespace cyto
