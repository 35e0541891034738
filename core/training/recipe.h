#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "core/inference/training.h"
#include "core/training/training_data.h"

namespace cyto {

/// Everything that decides a training: what is learned from and how. Paths are texts here, as in files.
struct TrainingRecipe {
  TrainingRecipe() { training.device = "auto"; }

  TrainingDataOptions data;
  TrainingOptions training;
  std::string startWeights;  ///< a file, or a name of the model registry
  std::string checkpointFolder, exportPath;
  std::string precision = "auto";
};

/// A setting that is an option of the command line and a key of a recipe.
struct RecipeSetting {
  const char* name;  ///< "batch-images": option --batch-images, key "batch_images"
  const char* help;
  std::variant<std::string*, double*, int*, int64_t*, uint64_t*, std::vector<std::string>*, std::vector<int64_t>*>
      value;  ///< in the recipe it was made for
  bool isPath = false;

  std::string key() const;
};

/// All settings but data, the endings of labels and variation; they point into `recipe`, which must stay where it is.
std::vector<RecipeSetting> settingsOf(TrainingRecipe& recipe);

/// Names of the changes of TrainingVariation with their probabilities.
std::vector<std::pair<std::string, double*>> variationsOf(TrainingVariation& variation);

/// Sets one of them from "NAME=PROBABILITY". kInvalidArgument names the choices.
Status setVariation(TrainingVariation& variation, const std::string& text);

/// Reads a JSON file over `recipe`: {"data": [{"images": F, "labels": F, "key": K, "labels_key": K, "channel": C,
/// "share": S, "validation": true}], "labels_suffix": […], "variation": {"elastic": 0.3}, and a key for each setting}.
/// Relative paths start at the folder of the file. Keys in `exceptKeys` are checked but not taken. Errors: kNotFound;
/// kFormat (no JSON object); kInvalidArgument that names the unknown or wrong key.
Status readRecipe(const std::filesystem::path& path, TrainingRecipe& recipe,
                  const std::vector<std::string>& exceptKeys);

/// The JSON that `readRecipe` takes, with absolute paths.
std::string recipeText(const TrainingRecipe& recipe);

/// Checks values, looks the start weights up in the model registry, and fills in `recipe.training`.
Result<TrainingOptions> trainingOptionsOf(const TrainingRecipe& recipe);

}  // namespace cyto
