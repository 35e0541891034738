#include "core/inference/model_loader.h"

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
  CYTO_ASSIGN(const ModelRequest request, requestOf(chosen));
  CYTO_ASSIGN(Engine * engine, loadEngine());
  return engine->loadModel(request, job);
}

}  // namespace cyto
