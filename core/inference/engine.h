#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/inference/model.h"
#include "core/inference/training.h"

namespace cyto {

struct ModelRequest {
  std::string name;                  ///< recorded in ModelIdentity::name
  std::string architecture;          ///< "vit_b", …, "cyto_small"
  std::filesystem::path checkpoint;  ///< .pt, .pth, .safetensors, or micro-sam's files without extension
  std::string weightsHash;           ///< known hash, or empty to compute it from the file
  std::string device = "auto";       ///< auto | cpu | cuda
  Precision precision = Precision::kAuto;
  /// What kAuto means by architecture, where the device has it; fp32 for those that are not named.
  std::map<std::string, Precision> autoPrecision;
  int threads = 0;  ///< 0: all cores
};

struct DeviceInfo {
  std::string name;    ///< "cpu", "cuda"
  std::string detail;  ///< processor or GPU name and what it can do, or why it cannot be used
  bool usable = false;
};

/// The network library behind an interface without LibTorch in it. One per process; call it from the
/// inference thread.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string version() const = 0;  ///< "LibTorch 2.13.0"
  virtual std::vector<DeviceInfo> devices() const = 0;

  /// Errors: kNotFound, kFormat (damaged or hostile file), kModel (wrong keys or shapes).
  virtual Result<std::unique_ptr<Model>> loadModel(const ModelRequest& request, const JobContext& job) = 0;

  /// Billions of operations a second that the processor reaches at most with the threads in use, measured now: what
  /// benchmarks compare with. 0 where it is not known, as for GPUs.
  virtual double measurePeak_gflops(Precision precision) = 0;

  /// Trains or resumes; leaves a resumable checkpoint when cancelled.
  virtual Result<TrainingReport> train(const TrainingDataset& dataset, const TrainingOptions& options,
                                       const TrainingObserver& observer, const JobContext& job) = 0;

  /// Takes `steps` steps that are not kept, and says where their time went.
  virtual Result<TrainingProfile> measureTraining(const TrainingDataset& dataset, const TrainingOptions& options,
                                                  int64_t steps, const JobContext& job) = 0;
};

/// The first thing a program does that will load the engine: runs the program again, in the same process, with threads
/// that spin only briefly while they wait for each other, unless the user has chosen how they wait. OpenMP spins for
/// milliseconds; on a machine that does anything else its threads then spin while the one they wait for is not running:
/// a click of 23 ms took 230 beside one busy core, and takes 60 with this. OpenMP reads it before `main`, so it cannot
/// be set later. Returns when there is nothing to do.
void runWithBriefSpinning(char** argv);

/// Loads the engine library (`libcytoclick_engine.so` beside the program or in ../lib) on the first
/// call, so that programs start without it. Later calls return the same engine.
Result<Engine*> loadEngine();

}  // namespace cyto
