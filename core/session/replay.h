#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/project/project.h"
#include "core/session/inference_worker.h"

namespace cyto {

/// A step whose result is not what was recorded.
struct StepDifference {
  uint64_t sequence = 0;
  std::string label;
  double iou = 0;  ///< of the masks; of steps that change pixels: of what they changed
};

/// An object of the recording or of the replay.
struct ReplayedObject {
  uint32_t id = 0;
  double iou = 0;  ///< of its pixels in both; 0 where one of them does not have it
};

struct ReplayReport {
  int64_t steps = 0;
  int64_t masks = 0;             ///< that were made again
  bool hasRecordedModel = true;  ///< every mask was made with the weights it was recorded with
  std::string recordedHash;
  std::string replayedHash;
  std::vector<StepDifference> differences;  ///< looked for only with the recorded model
  std::vector<ReplayedObject> objects;      ///< accepted and verified ones, ascending by id
  int64_t recordedObjects = 0;
  int64_t replayedObjects = 0;
  std::vector<std::string> notices;  ///< sentences about the image

  bool isIdentical() const { return recordedHash == replayedHash; }
  double meanIou() const;   ///< 1 without objects
  double worstIou() const;  ///< 1 without objects
};

struct ReplayOptions {
  uint64_t to = 0;  ///< the step to end at; the line that leads there is replayed
  /// Makes the masks with the model that the worker's loader gives for this; else with those that the recording names.
  bool hasOwnModel = false;
  std::string ownModel = {};  ///< a registry name or a weights file; empty: the loader's default
};

/// Does the steps of a project again into the new project `target`, which must not exist. Masks are made by the worker
/// from the prompts, commits follow from the masks. What a user did to pixels by hand, and what came from elsewhere
/// (proposals, imports, merges), is applied as recorded, where the pixels are still what they were. Refused when the
/// image is not there or has another content, and when a model of the recording cannot be had. The worker's image is
/// the project's afterwards. `recorded` is only read.
Result<ReplayReport> replayProject(const Project& recorded, const std::filesystem::path& target,
                                   InferenceWorker& worker, const ReplayOptions& options, const JobContext& job);

}  // namespace cyto
