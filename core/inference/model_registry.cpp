#include "core/inference/model_registry.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/xxh128.h"

namespace cyto {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kFileName = "registry.json";
constexpr std::array kArchitectures = {"vit_b", "vit_l", "vit_h", "vit_t", "cyto_small"};

fs::path environmentPath(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? fs::path(value) : fs::path();
}

fs::path homeFolder() {
  const fs::path home = environmentPath("HOME");
  return home.empty() ? fs::path("/") : home;
}

fs::path userModelFolder() {
  const fs::path data = environmentPath("XDG_DATA_HOME");
  return (data.empty() ? homeFolder() / ".local" / "share" : data) / "cytoclick" / "models";
}

/// Where micro-sam keeps its downloads, so that users need not fetch them twice.
fs::path microSamModelFolder() {
  if (const fs::path chosen = environmentPath("MICROSAM_CACHEDIR"); !chosen.empty()) return chosen / "models";
  const fs::path cache = environmentPath("XDG_CACHE_HOME");
  return (cache.empty() ? homeFolder() / ".cache" : cache) / "micro_sam" / "models";
}

fs::path builtinModelFolder() {
  if (const fs::path chosen = environmentPath("CYTOCLICK_MODELS"); !chosen.empty()) return chosen;
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& folder : {program / "models", program / ".." / "share" / "cytoclick" / "models"}) {
    if (fs::exists(folder / kFileName, ignored)) return folder;
  }
  return program / "models";
}

fs::path locate(const ModelEntry& entry, const fs::path& folder) {
  std::error_code ignored;
  if (!entry.file.empty() && fs::is_regular_file(folder / entry.file, ignored)) return folder / entry.file;
  for (const char* suffix : {"", ".pt", ".pth"}) {
    const fs::path path = microSamModelFolder() / (entry.name + suffix);
    if (fs::is_regular_file(path, ignored)) return path;
  }
  return {};
}

Error formatError(const fs::path& path, const std::string& what) {
  return Error(ErrorCode::kFormat,
               "the model registry '" + path.string() + "' is damaged: " + what + "; restore it or remove it");
}

bool isKnownArchitecture(const std::string& name) {
  return std::find(kArchitectures.begin(), kArchitectures.end(), name) != kArchitectures.end();
}

std::string listed(const std::vector<ModelEntry>& entries) {
  std::string names;
  for (const ModelEntry& entry : entries) names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

}  // namespace

Result<ModelRegistry> ModelRegistry::load(const fs::path& builtinFolder, const fs::path& userFolder) {
  ModelRegistry registry;
  registry.userFolder_ = userFolder;
  CYTO_TRY(registry.readFile(builtinFolder, false));
  std::error_code ignored;
  if (fs::exists(userFolder / kFileName, ignored)) CYTO_TRY(registry.readFile(userFolder, true));
  return registry;
}

Result<ModelRegistry> ModelRegistry::loadDefault() { return load(builtinModelFolder(), userModelFolder()); }

Status ModelRegistry::readFile(const fs::path& folder, bool isUserAdded) {
  const fs::path path = folder / kFileName;
  std::ifstream stream(path);
  if (!stream) return Error(ErrorCode::kNotFound, "the model registry '" + path.string() + "' cannot be read");
  const json document = json::parse(stream, nullptr, false);
  if (!document.is_object() || !document.contains("models") || !document["models"].is_array()) {
    return formatError(path, "it has no list of models");
  }
  try {
    for (const json& rule : document.value("precision", json::array())) {
      const auto precision = precisionFromName(rule.at("auto").get<std::string>());
      const std::string architecture = rule.at("architecture").get<std::string>();
      if (!precision || *precision == Precision::kAuto || !isKnownArchitecture(architecture)) {
        return formatError(path, "its rule of precision for '" + architecture + "' names nothing that exists");
      }
      autoPrecision_[architecture] = *precision;
    }
    for (const json& item : document["models"]) {
      ModelEntry entry;
      entry.name = item.at("name").get<std::string>();
      entry.architecture = item.at("architecture").get<std::string>();
      entry.file = item.value("file", "");
      entry.weightsHash = item.value("hash", "");
      entry.licence = item.value("licence", "");
      entry.description = item.value("description", "");
      entry.isDefault = item.value("default", false);
      entry.isUserAdded = isUserAdded;
      entry.path = locate(entry, folder);
      if (!isKnownArchitecture(entry.architecture)) {
        return formatError(path, "'" + entry.name + "' has the unknown architecture '" + entry.architecture + "'");
      }
      entries_.push_back(std::move(entry));
    }
  } catch (const json::exception& exception) {
    return formatError(path, exception.what());
  }
  return {};
}

Result<ModelEntry> ModelRegistry::find(const std::string& name) const {
  for (const ModelEntry& entry : entries_) {
    if (entry.name == name) return entry;
  }
  return Error(ErrorCode::kNotFound, "there is no model named '" + name + "'; known models: " + listed(entries_));
}

Result<ModelEntry> ModelRegistry::defaultModel() const {
  for (const ModelEntry& entry : entries_) {
    if (entry.isDefault) return entry;
  }
  return Error(ErrorCode::kNotFound, "no default model is registered; choose one with -m");
}

Result<ModelRequest> ModelRegistry::request(const std::string& name, const fs::path& checkpoint) const {
  ModelRequest request;
  request.autoPrecision = autoPrecision_;
  if (!checkpoint.empty()) {
    std::error_code ignored;
    if (!fs::is_regular_file(checkpoint, ignored)) {
      return Error(ErrorCode::kNotFound, "the checkpoint '" + checkpoint.string() + "' does not exist");
    }
    // With a checkpoint the name says the architecture; a registry name stands for its own.
    request.checkpoint = checkpoint;
    request.architecture = name;
    if (!name.empty() && !isKnownArchitecture(name)) {
      CYTO_ASSIGN(const ModelEntry entry, find(name));
      request.architecture = entry.architecture;
    }
    request.name = name;
    return request;
  }
  auto found = name.empty() ? defaultModel() : find(name);
  if (!found) return std::move(found).error();
  if (found->path.empty()) {
    return Error(ErrorCode::kNotFound, "the weights of '" + found->name + "' are not on this machine; put them at '" +
                                           (microSamModelFolder() / found->name).string() + "' or name them with -c");
  }
  request.name = found->name;
  request.architecture = found->architecture;
  request.checkpoint = found->path;
  request.weightsHash = found->weightsHash;
  return request;
}

Status ModelRegistry::add(const std::string& name, const std::string& architecture, const fs::path& weights) {
  if (name.empty() || name.find('/') != std::string::npos || name[0] == '.') {
    return Error(ErrorCode::kInvalidArgument, "'" + name + "' cannot be the name of a model; use letters and digits");
  }
  if (find(name)) return Error(ErrorCode::kInvalidArgument, "a model named '" + name + "' exists already");
  if (!isKnownArchitecture(architecture)) {
    return Error(ErrorCode::kInvalidArgument,
                 "unknown architecture '" + architecture + "'; use vit_b, vit_l, vit_h, vit_t or cyto_small");
  }
  ModelEntry entry{name, architecture, name + weights.extension().string(), "", "", "added by the user", false, true,
                   {}};
  CYTO_ASSIGN(entry.weightsHash, hashWeightsFile(weights));
  std::error_code failed;
  fs::create_directories(userFolder_, failed);
  const fs::path target = userFolder_ / entry.file;
  CYTO_TRY(writeFileAtomically(target, [&](const fs::path& temporary) -> Status {
    std::error_code copyFailed;
    fs::copy_file(weights, temporary, copyFailed);
    if (!copyFailed) return {};
    return Error(ErrorCode::kIo,
                 "cannot copy '" + weights.string() + "' to '" + userFolder_.string() + "': " + copyFailed.message());
  }));
  entry.path = target;
  entries_.push_back(std::move(entry));
  return writeUserFile();
}

Status ModelRegistry::remove(const std::string& name) {
  CYTO_ASSIGN(const ModelEntry entry, find(name));
  if (!entry.isUserAdded) {
    return Error(ErrorCode::kInvalidArgument, "'" + name + "' comes with the program and cannot be removed");
  }
  std::erase_if(entries_, [&](const ModelEntry& other) { return other.name == name; });
  CYTO_TRY(writeUserFile());
  std::error_code ignored;
  fs::remove(userFolder_ / entry.file, ignored);
  return {};
}

Status ModelRegistry::writeUserFile() const {
  json models = json::array();
  for (const ModelEntry& entry : entries_) {
    if (!entry.isUserAdded) continue;
    models.push_back({{"name", entry.name},
                      {"architecture", entry.architecture},
                      {"file", entry.file},
                      {"hash", entry.weightsHash},
                      {"description", entry.description}});
  }
  return writeFileAtomically(userFolder_ / kFileName, json{{"models", models}}.dump(2) + "\n");
}

Result<std::string> hashWeightsFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error(ErrorCode::kNotFound, "the checkpoint '" + path.string() + "' cannot be read");
  Xxh128 hash;
  std::vector<char> block(1 << 20);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
    hash.add(block.data(), static_cast<size_t>(stream.gcount()));
  }
  if (stream.bad()) return Error(ErrorCode::kIo, "the checkpoint '" + path.string() + "' cannot be read to its end");
  return hash.text();
}

}  // namespace cyto
