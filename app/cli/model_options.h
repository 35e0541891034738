#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/inference/model_loader.h"

namespace CLI {
class App;
}

namespace cyto::cli {

/// The options of every command that takes a model: -m, -c, --device, --precision, --threads.
struct ModelOptions {
  std::string name;
  std::filesystem::path checkpoint;
  std::string device = "auto";
  std::string precision = "auto";
  int threads = 0;

  void declareOn(CLI::App& command);

  ModelSettings settings() const;

  /// Resolves and loads it.
  Result<std::unique_ptr<Model>> load(const JobContext& job) const;
};

}  // namespace cyto::cli
