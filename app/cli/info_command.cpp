#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "core/base/usable_resources.h"
#include "core/base/version.h"
#include "core/inference/model_registry.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

int64_t pagesToBytes(int name) { return static_cast<int64_t>(::sysconf(name)) * ::sysconf(_SC_PAGESIZE); }

json collect(const ModelRegistry& registry, Engine& engine) {
  json devices = json::array();
  for (const DeviceInfo& device : engine.devices()) {
    devices.push_back({{"name", device.name}, {"usable", device.usable}, {"detail", device.detail}});
  }
  json models = json::array();
  for (const ModelEntry& entry : registry.entries()) {
    if (!entry.path.empty()) models.push_back(entry.name);
  }
  utsname system{};
  ::uname(&system);
  return {{"version", programVersion()},
          {"engine", engine.version()},
          {"system", std::string(system.sysname) + " " + system.release + " " + system.machine},
          {"threads", usableProcessors()},
          {"memory_bytes", pagesToBytes(_SC_PHYS_PAGES)},
          {"free_memory_bytes", pagesToBytes(_SC_AVPHYS_PAGES)},
          {"devices", devices},
          {"user_model_folder", registry.userFolder().string()},
          {"models_on_this_machine", models}};
}

std::string asText(const json& info) {
  constexpr double kGibibyte = 1 << 30;
  char memory[64];
  std::snprintf(memory, sizeof memory, "%.1f GiB, %.1f GiB free", info["memory_bytes"].get<double>() / kGibibyte,
                info["free_memory_bytes"].get<double>() / kGibibyte);
  std::string text = "cytoclick " + info["version"].get<std::string>() + ", " + info["engine"].get<std::string>() +
                     "\n" + "system   " + info["system"].get<std::string>() + "\n" + "threads  " +
                     std::to_string(info["threads"].get<unsigned>()) + "\n" + "memory   " + memory + "\n";
  for (const json& device : info["devices"]) {
    text += "device   " + device["name"].get<std::string>() +
            (device["usable"].get<bool>() ? ": " : " (not usable): ") + device["detail"].get<std::string>() + "\n";
  }
  text += "models   ";
  for (const json& name : info["models_on_this_machine"]) text += name.get<std::string>() + " ";
  return text + "\nyour models are kept in " + info["user_model_folder"].get<std::string>();
}

Result<ExitCode> runInfo(bool asJson) {
  CYTO_ASSIGN(const ModelRegistry registry, ModelRegistry::loadDefault());
  CYTO_ASSIGN(Engine * engine, loadEngine());
  const json info = collect(registry, *engine);
  CYTO_TRY(printResult(asJson ? info.dump(2) : asText(info)));
  return ExitCode::kDone;
}

}  // namespace

void addInfoCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("info", "Devices, threads, memory, folders and versions");
  auto asJson = std::make_shared<bool>(false);
  command->add_flag("--json", *asJson, "one JSON document on stdout");
  command->callback([&chosen, asJson] { chosen = [asJson](const JobContext&) { return runInfo(*asJson); }; });
}

}  // namespace cyto::cli
