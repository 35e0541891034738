#include "core/inference/engine.h"

#include <c10/core/InferenceMode.h>
#include <torch/version.h>

#include "core/base/usable_resources.h"
#include "core/inference/model_registry.h"
#include "core/inference/preprocessing.h"
#include "core/nn/cyto/cyto_small.h"
#include "core/nn/cyto/dense_instances.h"
#include "core/nn/devices.h"
#include "core/nn/failures.h"
#include "core/nn/loaded_model.h"
#include "core/nn/memory_check.h"
#include "core/nn/processor_peak.h"
#include "core/nn/sam/instance_decoder_weights.h"
#include "core/nn/sam/instance_unetr.h"
#include "core/nn/sam/sam_model.h"
#include "core/nn/train/trainer.h"
#include "core/nn/weights/checkpoint.h"

namespace cyto::nn {

namespace {

Result<std::string> chooseDevice(const std::string& wanted) {
  const std::string& reason = wanted == "cpu" ? "not asked for" : enableGpu();
  if (wanted == "cpu" || wanted == "auto") return std::string(reason.empty() ? "cuda" : "cpu");
  if (wanted != "cuda") {
    return Error(ErrorCode::kInvalidArgument, "unknown device '" + wanted + "'; use auto, cpu or cuda");
  }
  if (!reason.empty())
    return Error(ErrorCode::kInvalidArgument, "no GPU can be used: " + reason + "; use --device cpu");
  return std::string("cuda");
}

Result<Precision> choosePrecision(const ModelRequest& request, const std::string& architecture,
                                  const std::string& device) {
  const Precision wanted = request.precision;
  if (wanted == Precision::kFp16 && device == "cpu") {
    return Error(ErrorCode::kInvalidArgument, "fp16 needs a GPU; use --precision bf16 or fp32");
  }
  if (wanted != Precision::kAuto) return wanted;
  const auto rule = request.autoPrecision.find(architecture);
  if (rule == request.autoPrecision.end()) return Precision::kFp32;
  const bool isThere = device != "cpu" || (rule->second == Precision::kBf16 && processorHasBf16());
  return isThere ? rule->second : Precision::kFp32;
}

Result<NamedTensors> loadOnto(const std::string& device, NamedTensors weights) {
  return catchFailures("loading the weights",
                       [&]() -> Result<NamedTensors> { return onDevice(std::move(weights), c10::Device(device)); });
}

Result<std::unique_ptr<PromptableModel>> makeNetwork(const ModelIdentity& identity, NamedTensors weights) {
  CYTO_ASSIGN(weights, loadOnto(identity.device, std::move(weights)));
  if (identity.architecture == "cyto_small") {
    CYTO_ASSIGN(std::unique_ptr<PromptableModel> network,
                cytoSmallFromWeights(weights, scalarTypeOf(identity.precision)));
    return network;
  }
  CYTO_ASSIGN(std::unique_ptr<PromptableModel> network,
              makeSamModel(identity.architecture, weights, scalarTypeOf(identity.precision)));
  return network;
}

Result<std::unique_ptr<InstanceDecoder>> makeInstanceDecoder(const ModelIdentity& identity, NamedTensors weights) {
  using Made = std::unique_ptr<InstanceDecoder>;
  if (identity.architecture == "cyto_small") return makeDenseInstanceDecoder(identity.name);
  if (weights.empty()) return Made();
  CYTO_ASSIGN(weights, loadOnto(identity.device, std::move(weights)));
  CYTO_ASSIGN(auto network, InstanceUnetr::create(weights));
  return makeUnetrInstanceDecoder(std::move(network), identity.device, identity.name);
}

std::string architectureOf(const NamedTensors& weights) {
  if (isCytoSmall(weights)) return "cyto_small";
  return detectArchitecture(weights);
}

class TorchEngine : public Engine {
 public:
  std::string version() const override { return std::string("LibTorch ") + TORCH_VERSION; }
  std::vector<DeviceInfo> devices() const override { return listDevices(); }

  Result<std::unique_ptr<Model>> loadModel(const ModelRequest& request, const JobContext& job) override {
    ModelIdentity identity;
    identity.preprocessing = kPreprocessingVersion;
    CYTO_ASSIGN(identity.device, chooseDevice(request.device));
    identity.threads = useThreads(request.threads);
    CYTO_ASSIGN(Checkpoint checkpoint, readCheckpoint(request.checkpoint));
    CYTO_TRY(job.cancel.check());
    const std::string detected = architectureOf(checkpoint.model);
    identity.architecture = request.architecture.empty() ? detected : request.architecture;
    if (detected.empty() || detected != identity.architecture) {
      return Error(ErrorCode::kModel, "the checkpoint '" + request.checkpoint.string() + "' " +
                                          (detected.empty() ? "holds none of the networks we know"
                                                            : "is a " + detected + ", not a " + identity.architecture +
                                                                  "; use -m " + detected));
    }
    identity.name = request.name.empty() ? identity.architecture : request.name;
    CYTO_ASSIGN(identity.precision, choosePrecision(request, identity.architecture, identity.device));
    identity.weightsHash = request.weightsHash;
    if (identity.weightsHash.empty()) {
      CYTO_ASSIGN(identity.weightsHash, hashWeightsFile(request.checkpoint));
    }
    CYTO_TRY(job.cancel.check());
    NamedTensors ofNetwork = std::move(checkpoint.model);
    CYTO_ASSIGN(NamedTensors ofDecoder, instanceDecoderOf(std::move(checkpoint), request.checkpoint));
    CYTO_TRY(checkMemory(ofNetwork, ofDecoder, identity, usableMemory_bytes()));
    CYTO_TRY(job.cancel.check());
    auto network = makeNetwork(identity, std::move(ofNetwork));
    if (!network) return std::move(network).error().during("the checkpoint '" + request.checkpoint.string() + "'");
    auto instanceDecoder = makeInstanceDecoder(identity, std::move(ofDecoder));
    if (!instanceDecoder) {
      return std::move(instanceDecoder).error().during("the checkpoint '" + request.checkpoint.string() + "'");
    }
    return wrapModel(*std::move(network), std::move(identity), *std::move(instanceDecoder));
  }

  double measurePeak_gflops(Precision precision) override { return nn::measurePeak_gflops(precision); }

  Result<TrainingReport> train(const TrainingDataset& dataset, const TrainingOptions& options,
                               const TrainingObserver& observer, const JobContext& job) override {
    CYTO_ASSIGN(const TrainingOptions placed, onChosenDevice(options));
    useThreads(options.threads);
    return trainModel(dataset, placed, observer, job);
  }

  Result<TrainingProfile> measureTraining(const TrainingDataset& dataset, const TrainingOptions& options, int64_t steps,
                                          const JobContext& job) override {
    CYTO_ASSIGN(const TrainingOptions placed, onChosenDevice(options));
    useThreads(options.threads);
    return nn::measureTraining(dataset, placed, steps, job);
  }

 private:
  static Result<TrainingOptions> onChosenDevice(TrainingOptions options) {
    CYTO_ASSIGN(options.device, chooseDevice(options.device));
    return options;
  }
};

}  // namespace
}  // namespace cyto::nn

extern "C" __attribute__((visibility("default"))) cyto::Engine* cytoclickEngine() {
  static cyto::nn::TorchEngine engine;
  return &engine;
}
