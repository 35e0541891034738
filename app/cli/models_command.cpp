#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "core/inference/model_registry.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

struct Options {
  bool asJson = false;
  std::string name;
  std::string architecture;
  std::string weights;
};

json asJson(const ModelEntry& entry) {
  return {{"name", entry.name},
          {"architecture", entry.architecture},
          {"description", entry.description},
          {"licence", entry.licence},
          {"hash", entry.weightsHash},
          {"default", entry.isDefault},
          {"user_added", entry.isUserAdded},
          {"path", entry.path.string()},
          {"available", !entry.path.empty()}};
}

Result<ExitCode> list(const Options& options) {
  CYTO_ASSIGN(const ModelRegistry registry, ModelRegistry::loadDefault());
  json all = json::array();
  std::string text;
  for (const ModelEntry& entry : registry.entries()) {
    all.push_back(asJson(entry));
    char line[256];
    std::snprintf(line, sizeof line, "%s%-24s %-10s %-9s %s", text.empty() ? "" : "\n", entry.name.c_str(),
                  entry.architecture.c_str(),
                  entry.path.empty() ? "not here"
                  : entry.isDefault  ? "default"
                                     : "here",
                  entry.description.c_str());
    text += line;
  }
  CYTO_TRY(printResult(options.asJson ? all.dump(2) : text));
  return ExitCode::kDone;
}

Result<ExitCode> show(const Options& options) {
  CYTO_ASSIGN(const ModelRegistry registry, ModelRegistry::loadDefault());
  CYTO_ASSIGN(const ModelEntry entry, registry.find(options.name));
  const json document = asJson(entry);
  std::string text;
  for (const auto& [key, value] : document.items()) {
    text += (text.empty() ? "" : "\n") + key + ": " + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  CYTO_TRY(printResult(options.asJson ? document.dump(2) : text));
  return ExitCode::kDone;
}

Result<ExitCode> add(const Options& options) {
  CYTO_ASSIGN(ModelRegistry registry, ModelRegistry::loadDefault());
  if (registry.find(options.name)) {
    return Error(ErrorCode::kInvalidArgument,
                 "a model named '" + options.name + "' exists already; choose another name");
  }
  // Loading it once proves that the file is sound and finds its architecture.
  CYTO_ASSIGN(Engine * engine, loadEngine());
  CYTO_ASSIGN(ModelRequest request, registry.request(options.architecture, options.weights));
  CYTO_ASSIGN(const auto model, engine->loadModel(request, {}));
  CYTO_TRY(registry.add(options.name, model->identity().architecture, options.weights));
  CYTO_TRY(printResult("added " + options.name + " (" + model->identity().architecture + ")"));
  return ExitCode::kDone;
}

Result<ExitCode> remove(const Options& options) {
  CYTO_ASSIGN(ModelRegistry registry, ModelRegistry::loadDefault());
  CYTO_TRY(registry.remove(options.name));
  CYTO_TRY(printResult("removed " + options.name));
  return ExitCode::kDone;
}

Result<ExitCode> verify(const Options& options) {
  CYTO_ASSIGN(const ModelRegistry registry, ModelRegistry::loadDefault());
  json all = json::array();
  std::string text;
  bool isSound = true;
  for (const ModelEntry& entry : registry.entries()) {
    if (entry.path.empty() || (!options.name.empty() && options.name != entry.name)) continue;
    CYTO_ASSIGN(const std::string hash, hashWeightsFile(entry.path));
    const bool matches = entry.weightsHash.empty() || entry.weightsHash == hash;
    isSound = isSound && matches;
    all.push_back({{"name", entry.name}, {"hash", hash}, {"expected", entry.weightsHash}, {"ok", matches}});
    text += (text.empty() ? "" : "\n") + entry.name + ": " + (matches ? "ok" : "damaged, fetch it again") + " " + hash;
  }
  if (all.empty()) {
    if (!options.name.empty()) {
      // Unknown names and absent weights have their own sentences.
      CYTO_ASSIGN(const ModelRequest request, registry.request(options.name, {}));
    }
    return Error(ErrorCode::kNotFound, "no model has its weights on this machine");
  }
  CYTO_TRY(printResult(options.asJson ? all.dump(2) : text));
  return isSound ? ExitCode::kDone : ExitCode::kFailed;
}

using Action = Result<ExitCode> (*)(const Options&);

CLI::App* addAction(CLI::App& models, const char* name, const char* help, Action action,
                    const std::shared_ptr<Options>& options, Runner& chosen) {
  CLI::App* command = models.add_subcommand(name, help);
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback(
      [&chosen, options, action] { chosen = [options, action](const JobContext&) { return action(*options); }; });
  return command;
}

}  // namespace

void addModelsCommand(CLI::App& app, Runner& chosen) {
  CLI::App* models = app.add_subcommand("models", "List, show, add, remove and verify models");
  models->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  addAction(*models, "list", "Every model this program knows", list, options, chosen);
  addAction(*models, "show", "One model", show, options, chosen)->add_option("NAME", options->name)->required();
  CLI::App* adding = addAction(*models, "add", "Copy your own weights into the model folder", add, options, chosen);
  adding->add_option("NAME", options->name)->required();
  adding->add_option("WEIGHTS", options->weights, "a .pt, .pth or .safetensors file")->required();
  adding->add_option("--architecture", options->architecture,
                     "vit_b, vit_l, vit_h, vit_t or cyto_small; default: detected");
  addAction(*models, "remove", "Forget a model you added", remove, options, chosen)
      ->add_option("NAME", options->name)
      ->required();
  addAction(*models, "verify", "Compare weights with their known hashes", verify, options, chosen)
      ->add_option("NAME", options->name, "default: all");
}

}  // namespace cyto::cli
