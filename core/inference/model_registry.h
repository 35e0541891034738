#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/inference/engine.h"

namespace cyto {

/// One entry of models/registry.json or of the user's own registry.
struct ModelEntry {
  std::string name;
  std::string architecture;
  std::string file;         ///< relative to the models folder it was found in
  std::string weightsHash;  ///< "xxh128:<32 hex>", or empty
  std::string licence;
  std::string description;
  bool isDefault = false;
  bool isUserAdded = false;
  std::filesystem::path path;  ///< where the weights lie; empty when they are not on this machine
};

/// Knows the models that come with the program, those of micro-sam's model folder
/// (spec/micro-sam.md §1.2), and those a user added. Reading it touches no weights.
class ModelRegistry {
 public:
  /// Reads `builtinFolder`/registry.json and, when present, `userFolder`/registry.json.
  static Result<ModelRegistry> load(const std::filesystem::path& builtinFolder,
                                    const std::filesystem::path& userFolder);

  /// `load` with the folders of this installation: $CYTOCLICK_MODELS or models beside the program, and
  /// $XDG_DATA_HOME/cytoclick/models.
  static Result<ModelRegistry> loadDefault();

  const std::vector<ModelEntry>& entries() const { return entries_; }
  const std::filesystem::path& userFolder() const { return userFolder_; }

  /// kNotFound lists the names there are.
  Result<ModelEntry> find(const std::string& name) const;
  Result<ModelEntry> defaultModel() const;

  /// What "auto" means as precision, by architecture; the evidence stands beside the rule in the file.
  const std::map<std::string, Precision>& autoPrecision() const { return autoPrecision_; }

  /// What to load for `-m NAME -c CHECKPOINT`; both may be empty (the default model). A checkpoint
  /// without a name has its architecture detected by the engine. kNotFound when the weights of a known
  /// model are not on this machine; the sentence says where to put them.
  Result<ModelRequest> request(const std::string& name, const std::filesystem::path& checkpoint) const;

  /// Copies the weights into the user folder and records them. kInvalidArgument when the name is taken.
  Status add(const std::string& name, const std::string& architecture, const std::filesystem::path& weights);
  /// Only user-added models can be removed.
  Status remove(const std::string& name);

 private:
  Status readFile(const std::filesystem::path& folder, bool isUserAdded);
  Status writeUserFile() const;

  std::vector<ModelEntry> entries_;
  std::map<std::string, Precision> autoPrecision_;
  std::filesystem::path userFolder_;
};

/// "xxh128:<32 hex>" of a file's bytes, as micro-sam records it.
Result<std::string> hashWeightsFile(const std::filesystem::path& path);

}  // namespace cyto
