#include "app/cli/model_options.h"

#include <CLI/CLI.hpp>

namespace cyto::cli {

void ModelOptions::declareOn(CLI::App& command) {
  command.add_option("-m,--model", name, "model name (see 'cytoclick models list'); default: the embedded model");
  command.add_option("-c,--checkpoint", checkpoint, "a file with your own weights; then -m names its architecture");
  command.add_option("--device", device, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command.add_option("--precision", precision, "auto, fp32, bf16 or fp16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}));
  command.add_option("--threads", threads, "processor threads; default: all")->check(CLI::Range(0, 1024));
}

ModelSettings ModelOptions::settings() const {
  return {name, checkpoint, device, precisionFromName(precision).value_or(Precision::kAuto), threads};
}

Result<std::unique_ptr<Model>> ModelOptions::load(const JobContext& job) const {
  return loadModel(settings(), "", job);
}

}  // namespace cyto::cli
