#include "core/training/recipe.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/inference/model_registry.h"

namespace cyto {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

Error refused(const std::string& sentence) { return Error(ErrorCode::kInvalidArgument, sentence); }

/// Reads one recipe; remembers where it is for messages and relative paths.
class RecipeReader {
 public:
  RecipeReader(fs::path path, TrainingRecipe& recipe, const std::vector<std::string>& exceptKeys)
      : path_(std::move(path)), recipe_(recipe), exceptKeys_(exceptKeys) {}

  Status read() {
    std::ifstream stream(path_);
    if (!stream) return Error(ErrorCode::kNotFound, "cannot read the recipe '" + path_.string() + "'; check the path");
    const json document = json::parse(stream, nullptr, false, true);
    if (!document.is_object()) {
      return Error(ErrorCode::kFormat, "the recipe '" + path_.string() + "' is not a JSON object; see models/recipes");
    }
    for (const auto& [key, value] : document.items()) {
      const bool isTaken = std::find(exceptKeys_.begin(), exceptKeys_.end(), key) == exceptKeys_.end();
      TrainingRecipe ignored;
      CYTO_TRY(take(key, value, isTaken ? recipe_ : ignored));
    }
    return {};
  }

 private:
  Error wrong(const std::string& key, const std::string& what) const {
    return refused("'" + key + "' in the recipe '" + path_.string() + "' must be " + what);
  }
  Error unknown(const std::string& key) const {
    return refused("the recipe '" + path_.string() + "' has the unknown key '" + key + "'");
  }

  /// Absolute when it names a file here; names of models stay as they are.
  std::string pathText(const std::string& text) const {
    const fs::path beside = fs::absolute(path_).parent_path() / text;
    return text.empty() ? "" : beside.lexically_normal().string();
  }

  Status take(const std::string& key, const json& value, TrainingRecipe& recipe) {
    if (key == "data") return takeData(value, recipe);
    if (key == "variation") return takeVariation(value, recipe);
    if (key == "labels_suffix") return takeTexts(key, value, recipe.data.labelEndings);
    if (key == "description") return value.is_string() ? Status() : wrong(key, "a text");
    const std::vector<RecipeSetting> settings = settingsOf(recipe);
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const RecipeSetting& setting) { return setting.key() == key; });
    if (found == settings.end()) return unknown(key);
    return std::visit([&](auto* target) { return takeSetting(*found, value, *target); }, found->value);
  }

  Status takeSetting(const RecipeSetting& setting, const json& value, std::string& target) const {
    const std::string key = setting.key();
    if (!value.is_string()) return wrong(key, "a text");
    target = setting.isPath ? pathOrModel(key, value.get<std::string>()) : value.get<std::string>();
    return {};
  }

  Status takeSetting(const RecipeSetting& setting, const json& value, double& target) const {
    if (!value.is_number()) return wrong(setting.key(), "a number");
    target = value.get<double>();
    return {};
  }

  Status takeSetting(const RecipeSetting& setting, const json& value, std::vector<std::string>& target) const {
    return takeTexts(setting.key(), value, target);
  }

  Status takeSetting(const RecipeSetting& setting, const json& value, std::vector<int64_t>& target) const {
    std::vector<int64_t> numbers;
    for (const json& entry : value.is_array() ? value : json::array({value})) {
      if (!isWholeNumber(entry)) return wrong(setting.key(), "a list of whole numbers, not negative");
      numbers.push_back(entry.get<int64_t>());
    }
    target = numbers;
    return {};
  }

  template <typename Integer>
  Status takeSetting(const RecipeSetting& setting, const json& value, Integer& target) const {
    if (!isWholeNumber(value)) return wrong(setting.key(), "a whole number, not negative");
    target = value.get<Integer>();
    return {};
  }

  static bool isWholeNumber(const json& value) {
    return value.is_number_integer() && value.get<double>() >= 0 && value.get<double>() <= 2e9;
  }

  std::string pathOrModel(const std::string& key, const std::string& text) const {
    const bool looksLikeName =
        key == "start_weights" && text.find('/') == std::string::npos && !fs::path(text).has_extension();
    return looksLikeName ? text : pathText(text);
  }

  Status takeTexts(const std::string& key, const json& value, std::vector<std::string>& texts) const {
    std::vector<std::string> given;
    if (value.is_string()) given.push_back(value.get<std::string>());
    for (const json& entry : value.is_array() ? value : json::array()) {
      if (!entry.is_string()) return wrong(key, "a text or a list of texts");
      given.push_back(entry.get<std::string>());
    }
    if (given.empty()) return wrong(key, "a text or a list of texts");
    texts = given;
    return {};
  }

  Status takeVariation(const json& value, TrainingRecipe& recipe) const {
    if (!value.is_object()) return wrong("variation", "an object such as {\"elastic\": 0.3}");
    for (const auto& [name, probability] : value.items()) {
      if (!probability.is_number()) return wrong(name, "a number in 0..1");
      if (const Status set = setVariation(recipe.training.variation, name + "=" + probability.dump()); !set) {
        return Error(set.error()).during("the recipe '" + path_.string() + "'");
      }
    }
    return {};
  }

  Status takeData(const json& value, TrainingRecipe& recipe) const {
    if (!value.is_array() || value.empty()) return wrong("data", "a list of objects such as {\"images\": \"FOLDER\"}");
    std::vector<AnnotationSource> sources;
    for (const json& entry : value) {
      if (!entry.is_object()) return wrong("data", "a list of objects such as {\"images\": \"FOLDER\"}");
      AnnotationSource source;
      for (const auto& [key, given] : entry.items()) CYTO_TRY(takeOfSource(key, given, source));
      if (source.images.empty()) return wrong("data", "a list of objects with \"images\" each");
      sources.push_back(source);
    }
    recipe.data.sources = sources;
    return {};
  }

  Status takeOfSource(const std::string& key, const json& value, AnnotationSource& source) const {
    if (key == "share") {
      if (!value.is_number() || value.get<double>() < 0) return wrong(key, "a positive number");
      source.share = value.get<double>();
      return {};
    }
    if (key == "channel") {
      if (!value.is_number_unsigned()) return wrong(key, "a whole number, not negative");
      source.channel = value.get<int64_t>();
      return {};
    }
    if (key == "validation") {
      if (!value.is_boolean()) return wrong(key, "true or false");
      source.validation = value.get<bool>();
      return {};
    }
    if (key != "images" && key != "labels" && key != "key" && key != "labels_key") return unknown(key);
    if (!value.is_string()) return wrong(key, "a text");
    const auto text = value.get<std::string>();
    if (key == "images") source.images = pathText(text);
    if (key == "labels") source.labels = pathText(text);
    if (key == "key") source.key = text;
    if (key == "labels_key") source.labelsKey = text;
    return {};
  }

  fs::path path_;
  TrainingRecipe& recipe_;
  const std::vector<std::string>& exceptKeys_;
};

std::string absoluteText(const fs::path& path) {
  return path.empty() ? "" : fs::absolute(path).lexically_normal().string();
}

bool isFile(const std::string& text) {
  std::error_code ignored;
  return fs::is_regular_file(text, ignored);
}

nlohmann::ordered_json sourceDocument(const AnnotationSource& source) {
  nlohmann::ordered_json document = {{"images", absoluteText(source.images)}};
  if (!source.labels.empty()) document["labels"] = absoluteText(source.labels);
  if (!source.key.empty()) document["key"] = source.key;
  if (!source.labelsKey.empty()) document["labels_key"] = source.labelsKey;
  if (source.channel) document["channel"] = *source.channel;
  if (source.share > 0) document["share"] = source.share;
  if (source.validation) document["validation"] = true;
  return document;
}

}  // namespace

std::string RecipeSetting::key() const {
  std::string text = name;
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

std::vector<RecipeSetting> settingsOf(TrainingRecipe& recipe) {
  TrainingOptions& training = recipe.training;
  return {
      {"architecture", "cyto_small, vit_t, vit_b, vit_l or vit_h; default: that of the start weights",
       &training.architecture},
      {"start-weights",
       "continue from this file or model (see 'cytoclick models list'); default for cyto_small: random",
       &recipe.startWeights, true},
      {"checkpoint-dir", "keeps what is needed to go on; the same command again resumes", &recipe.checkpointFolder,
       true},
      {"export", "write the final weights to this file, .safetensors or .pt", &recipe.exportPath, true},
      {"minutes", "stop after this much computing, over all resumed runs; default: 60", &training.minutes},
      {"steps", "stop after this many steps instead", &training.steps},
      {"piece-minutes", "end this run after so many minutes; the same command goes on", &training.pieceMinutes},
      {"batch-images", "images per step; default: 8", &training.batchImages},
      {"images-together", "images in memory at once; gradients of the others add up", &training.imagesTogether},
      {"method",
       "how SAM's image encoder learns: lora, fact, ssf, adaptformer, attention, bias, norm or blocks; default: all of "
       "it",
       &training.method},
      {"rank", "of lora and fact; default: 4", &training.rank},
      {"matrices", "what lora changes: q, k, v, mlp; default: q v", &training.matrices},
      {"blocks", "blocks of the image encoder, from 0, where the method applies; default: all", &training.blocks},
      {"freeze",
       "parts that stay as they are: image_encoder, prompt_encoder, mask_decoder, instance_decoder; encoder or decoder "
       "of cyto_small",
       &training.frozenParts},
      {"instance-decoder",
       "whether SAM's part that finds all objects learns: none, or joint with the prompts; default: joint if the start "
       "weights have it",
       &training.instanceDecoder},
      {"objects-per-image", "objects prompted in each image; default: 6", &training.objectsPerImage},
      {"prompts-per-object", "most prompts, the first and its corrections; default: 8", &training.subIterations},
      {"learning-rate", "highest learning rate; default: the recipe's own", &training.learningRate},
      {"schedule", "of the learning rate: cosine (default), plateau or constant", &training.schedule},
      {"warm-up-steps", "the learning rate rises over so many steps; default: 100", &training.warmUpSteps},
      {"mask-loss", "dice or dice_focal; default: dice for SAM, dice_focal for cyto_small", &training.maskLoss},
      {"mask-probability", "how often the last mask is fed back, 0..1; default: 0.5", &training.maskProbability},
      {"box-distortion", "error of box sides as a share of the side; default: 0.025", &training.boxDistortion},
      {"validation-share", "share of the images that is kept back to judge; default: 0.08",
       &recipe.data.validationShare},
      {"validation-minutes", "between two validations; default: 8", &training.validationMinutes},
      {"validation-steps", "validate every so many steps instead", &training.validationSteps},
      {"patience", "stop after so many validations without a better score; default: never", &training.patience},
      {"seed", "seed of all random choices; default: 1", &training.seed},
      {"threads", "processor threads; default: all", &training.threads},
      {"image-memory", "bytes of decoded images that are kept; default: 1 GiB, or an eighth of the memory",
       &training.imageMemory_bytes},
      {"device", "auto (default), cpu or cuda", &training.device},
      {"precision", "auto, fp32 or bf16; auto is bf16 on a GPU, and for cyto_small on processors that have it",
       &recipe.precision},
  };
}

std::vector<std::pair<std::string, double*>> variationsOf(TrainingVariation& variation) {
  return {{"mirror", &variation.mirror},       {"turn", &variation.turn},
          {"scale", &variation.scale},         {"elastic", &variation.elastic},
          {"inversion", &variation.inversion}, {"gamma", &variation.gamma},
          {"contrast", &variation.contrast},   {"stain", &variation.stain},
          {"colour", &variation.colour},       {"illumination", &variation.illumination},
          {"blur", &variation.blur},           {"defocus", &variation.defocus},
          {"noise", &variation.noise}};
}

Status setVariation(TrainingVariation& variation, const std::string& text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  std::string names;
  for (const auto& [known, probability] : variationsOf(variation)) {
    names += (names.empty() ? "" : ", ") + known;
    if (known != name) continue;
    char* end = nullptr;
    const std::string number = equals == std::string::npos ? "" : text.substr(equals + 1);
    const double value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0' || !(value >= 0 && value <= 1)) {
      return refused("'" + text + "' is no probability of '" + name + "'; write " + name + "=0.3");
    }
    *probability = value;
    return {};
  }
  return refused("there is no variation '" + name + "'; use one of: " + names);
}

Status readRecipe(const fs::path& path, TrainingRecipe& recipe, const std::vector<std::string>& exceptKeys) {
  return RecipeReader(path, recipe, exceptKeys).read();
}

std::string recipeText(const TrainingRecipe& recipe) {
  TrainingRecipe copy = recipe;
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  document["data"] = nlohmann::ordered_json::array();
  for (const AnnotationSource& source : copy.data.sources) document["data"].push_back(sourceDocument(source));
  document["labels_suffix"] = copy.data.labelEndings;
  for (const RecipeSetting& setting : settingsOf(copy)) {
    std::visit(
        [&](auto* value) {
          if constexpr (std::is_same_v<decltype(value), std::string*>) {
            if (value->empty()) return;
            const bool isModelName = std::string_view(setting.name) == "start-weights" && !isFile(*value);
            document[setting.key()] = setting.isPath && !isModelName ? absoluteText(*value) : *value;
          } else if constexpr (requires { value->empty(); }) {
            if (!value->empty()) document[setting.key()] = *value;
          } else {
            document[setting.key()] = *value;
          }
        },
        setting.value);
  }
  for (const auto& [name, probability] : variationsOf(copy.training.variation))
    document["variation"][name] = *probability;
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<TrainingOptions> trainingOptionsOf(const TrainingRecipe& recipe) {
  TrainingOptions training = recipe.training;
  const auto precision = precisionFromName(recipe.precision);
  if (!precision) return refused("unknown precision '" + recipe.precision + "'; use auto, fp32 or bf16");
  training.precision = *precision;
  training.checkpointFolder = recipe.checkpointFolder;
  training.exportPath = recipe.exportPath;
  if (recipe.startWeights.empty() || isFile(recipe.startWeights)) {
    training.startWeights = recipe.startWeights;
    return training;
  }
  if (recipe.startWeights.find('/') != std::string::npos) {
    return Error(ErrorCode::kNotFound, "there are no start weights '" + recipe.startWeights + "'; check the path");
  }
  CYTO_ASSIGN(const ModelRegistry registry, ModelRegistry::loadDefault());
  CYTO_ASSIGN(const ModelRequest request, registry.request(recipe.startWeights, {}));
  training.startWeights = request.checkpoint;
  if (training.architecture.empty()) training.architecture = request.architecture;
  return training;
}

}  // namespace cyto
