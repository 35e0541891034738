#include "app/cli/model_options.h"

#include <CLI/CLI.hpp>

#include "core/inference/model_registry.h"

namespace cyto::cli {

void ModelOptions::declareOn(CLI::App& command) {
  command.add_option("-m,--model", name, "model name (see 'cytoclick models list'); default: the embedded model");
  command.add_option("-c,--checkpoint", checkpoint, "a file with your own weights; then -m names its architecture");
  command.add_option("--device", device, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command.add_option("--precision", precision, "auto, fp32, bf16 or fp16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}));
  command.add_option("--threads", threads, "processor threads; default: all")->check(CLI::Range(0, 1024));
}

Result<ModelRequest> ModelOptions::resolve() const {
  CYTO_ASSIGN(const ModelRegistry registry, ModelRegistry::loadDefault());
  CYTO_ASSIGN(ModelRequest request, registry.request(name, checkpoint));
  request.device = device;
  request.precision = precisionFromName(precision).value_or(Precision::kAuto);
  request.threads = threads;
  return request;
}

Result<std::unique_ptr<Model>> ModelOptions::load(const JobContext& job) const {
  CYTO_ASSIGN(const ModelRequest request, resolve());
  CYTO_ASSIGN(Engine * engine, loadEngine());
  return engine->loadModel(request, job);
}

}  // namespace cyto::cli
