#include "core/inference/model_loader.h"

#include <future>

#include "core/inference/model_registry.h"

namespace cyto {

namespace {

Result<ModelRequest> requestOf(const ModelSettings& settings) {
  CYTO_ASSIGN(const ModelRegistry registry, ModelRegistry::loadDefault());
  CYTO_ASSIGN(ModelRequest request, registry.request(settings.name, settings.checkpoint));
  request.device = settings.device;
  request.precision = settings.precision;
  request.threads = settings.threads;
  return request;
}

}  // namespace

Result<std::unique_ptr<Model>> loadModel(const ModelSettings& settings, const std::string& nameOrFile,
                                         const JobContext& job) {
  ModelSettings chosen = settings;
  std::error_code ignored;
  const bool isFile =
      std::filesystem::is_regular_file(nameOrFile, ignored) || nameOrFile.find('/') != std::string::npos;
  if (isFile) {
    chosen.checkpoint = nameOrFile;
  } else if (!nameOrFile.empty()) {
    chosen.name = nameOrFile;
    chosen.checkpoint.clear();
  }
  CYTO_ASSIGN(ModelRequest request, requestOf(chosen));
  // The library takes a fifth of a second to load; meanwhile the file is read, which the engine then finds in memory.
  std::future<Result<std::string>> hash;
  if (request.weightsHash.empty()) hash = std::async(hashWeightsFile, request.checkpoint);
  CYTO_ASSIGN(Engine * engine, loadEngine());
  if (hash.valid()) {
    const Result<std::string> found = hash.get();
    if (found) request.weightsHash = *found;  // what is wrong with the file the engine says better
  }
  return engine->loadModel(request, job);
}

}  // namespace cyto
