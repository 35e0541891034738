#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/progress.h"
#include "core/inference/training.h"
#include "core/training/annotated_files.h"

namespace cyto {

/// Planes with a longer side are cut into patches of at most this side, so that a sample fits in memory.
inline constexpr int64_t kLargestSampleSide = 2048;

struct TrainingDataOptions {
  std::vector<AnnotationSource> sources;
  std::vector<std::string> labelEndings = usualLabelEndings();
  /// Share of the files of each kind that is kept back, unless a source is for validation as a whole.
  double validationShare = 0.08;
  int threads = 0;  ///< that look through the files; 0: all cores
};

/// What was found when every sample was looked at: what the preflight report says.
struct TrainingDataReport {
  struct Kind {
    int64_t samples = 0, validation = 0, objects = 0;
    double drawn = 0;  ///< share of all draws
  };
  int64_t files = 0;
  int64_t samples = 0;     ///< planes and patches with objects, those for validation included
  int64_t validation = 0;  ///< of them kept back
  int64_t objects = 0;
  int64_t smallObjects = 0;                    ///< under kSmallestTrainingObject pixels: treated as background
  int64_t fewestObjects = 0, mostObjects = 0;  ///< of a sample
  int64_t smallestSide = 0, largestSide = 0;   ///< of samples, in pixels
  std::vector<double> objectSides;             ///< quantiles 0, 5, 50, 95, 100 %: longer side of the bounds
  std::map<std::string, int64_t> imageTypes;   ///< files by type and channels, as "uint16, 3 channels"
  std::map<std::string, int64_t> labelTypes;
  std::map<std::string, Kind> kinds;
  std::vector<std::string> emptyLabels;          ///< samples without an object: left out
  std::vector<std::string> imagesWithoutLabels;  ///< left out
  std::vector<std::string> problems;             ///< sentences; with any of them there is no training
  int64_t decoded_bytes = 0;                     ///< all samples in memory
  double secondsPerSample = 0;                   ///< to read one
};

/// Annotated files on disk.
class TrainingData : public TrainingDataset {
 public:
  virtual const TrainingDataReport& report() const = 0;
};

/// Looks at every file once. Samples are the planes of images and volumes and the patches of large planes, in the
/// order of the sources and of the names in them; weights are (samples of the kind)^-0.5, so that a large kind does
/// not drown the others, scaled to the shares of the sources. What is kept back depends on the files of a source
/// alone; a file is kept back as a whole where there are several. Files that cannot be used do not fail here: they
/// are `problems` of the report.
/// Errors: those of findAnnotatedFiles, kInvalidArgument (no source), kCancelled.
Result<std::unique_ptr<TrainingData>> openTrainingData(const TrainingDataOptions& options, const JobContext& job);

/// kInvalidArgument with the first problem, or when there is nothing to learn from.
Status checkUsable(const TrainingData& data);

}  // namespace cyto
