#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/inference/engine.h"

namespace cyto {

/// Which model, and how it runs. Empty names mean the default model.
struct ModelSettings {
  std::string name;                  ///< registry name, or the architecture of `checkpoint`
  std::filesystem::path checkpoint;  ///< a user's own weights
  std::string device = "auto";       ///< auto | cpu | cuda
  Precision precision = Precision::kAuto;
  int threads = 0;  ///< 0: all cores
};

/// Looks a model up and loads it with the engine. `nameOrFile` may name another model than the settings: a word that is
/// a file, or looks like one, is a checkpoint whose architecture is the settings' name; empty: that of the settings.
Result<std::unique_ptr<Model>> loadModel(const ModelSettings& settings, const std::string& nameOrFile,
                                         const JobContext& job);

}  // namespace cyto
