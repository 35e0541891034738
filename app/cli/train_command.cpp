#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <variant>

#include "app/cli/command.h"
#include "core/inference/engine.h"
#include "core/inference/preprocessing.h"
#include "core/io/image_source.h"

namespace cyto::cli {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct Options {
  std::vector<std::string> folders;
  std::string labelsSuffix = "_label.tif";
  std::string config;
  std::string precision = "auto";
  std::string startWeights, checkpointFolder, exportPath;
  TrainingOptions training;
  bool asJson = false;
};

Error usage(const std::string& sentence) { return Error(ErrorCode::kInvalidArgument, sentence); }

/// A setting that is both an option of the command line and a key of the configuration file.
struct Setting {
  const char* key;  ///< "batch-images": option --batch-images, key "batch_images"
  const char* help;
  std::variant<std::string*, double*, int*, int64_t*, uint64_t*> value;
  CLI::Option* option = nullptr;

  std::string jsonKey() const {
    std::string name = key;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  }
};

std::vector<Setting> settingsOf(Options& options) {
  TrainingOptions& training = options.training;
  return {
      {"labels-suffix", "labels of NAME.ext are NAME + this; default: _label.tif", &options.labelsSuffix},
      {"architecture", "cyto_small, or vit_t, vit_b, vit_l, vit_h with --start-weights", &training.architecture},
      {"start-weights", "continue from these weights; default for cyto_small: random", &options.startWeights},
      {"checkpoint-dir", "keeps what is needed to go on; the same command again resumes", &options.checkpointFolder},
      {"export", "write the final weights to this .safetensors file", &options.exportPath},
      {"minutes", "stop after this much computing, over all resumed runs; default: 60", &training.minutes},
      {"steps", "stop after this many steps instead", &training.steps},
      {"batch-images", "images per step; default: 8", &training.batchImages},
      {"objects-per-image", "objects prompted in each image; default: 6", &training.objectsPerImage},
      {"prompts-per-object", "the first prompt and its corrections; default: 3", &training.subIterations},
      {"learning-rate", "highest learning rate; default: the recipe's own", &training.learningRate},
      {"mask-probability", "how often the last mask is fed back, 0..1; default: 0.5", &training.maskProbability},
      {"box-distortion", "error of box sides as a share of the side; default: 0.025", &training.boxDistortion},
      {"seed", "seed of all random choices; default: 1", &training.seed},
      {"threads", "processor threads; default: all", &training.threads},
      {"precision", "auto, fp32 or bf16", &options.precision},
  };
}

Status readConfig(Options& options, std::vector<Setting>& settings) {
  std::ifstream stream(options.config);
  if (!stream) return Error(ErrorCode::kNotFound, "cannot read the configuration '" + options.config + "'");
  const json document = json::parse(stream, nullptr, false);
  if (!document.is_object()) {
    return Error(ErrorCode::kFormat, "the configuration '" + options.config + "' is not a JSON object");
  }
  for (const auto& [key, value] : document.items()) {
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&key = key](const Setting& setting) { return setting.jsonKey() == key; });
    if (found == settings.end()) {
      return usage("the configuration '" + options.config + "' has the unknown key '" + key + "'");
    }
    if (found->option->count() > 0) continue;  // the command line wins
    const bool isText = std::holds_alternative<std::string*>(found->value);
    if (isText != value.is_string() || (!isText && !value.is_number())) {
      return usage("'" + key + "' in the configuration '" + options.config + "' must be a " +
                   (isText ? "text" : "number"));
    }
    std::visit([&value = value](auto* target) { *target = value.get<std::remove_pointer_t<decltype(target)>>(); },
               found->value);
  }
  return {};
}

bool endsWith(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

struct Pair {
  fs::path image, labels;
};

/// Every file of the folders, subfolders included, that has labels beside it.
Result<std::vector<Pair>> findPairs(const Options& options) {
  std::vector<Pair> pairs;
  for (const std::string& folder : options.folders) {
    std::error_code failed;
    for (auto it = fs::recursive_directory_iterator(folder, failed); it != fs::end(it); it.increment(failed)) {
      if (failed) break;
      const fs::path& path = it->path();
      if (!it->is_regular_file() || endsWith(path.filename().string(), options.labelsSuffix)) continue;
      const fs::path labels = path.parent_path() / (path.stem().string() + options.labelsSuffix);
      if (fs::exists(labels)) pairs.push_back({path, labels});
    }
    if (failed) {
      return Error(ErrorCode::kNotFound, "cannot search the folder '" + folder + "': " + failed.message());
    }
  }
  if (pairs.empty()) {
    return Error(ErrorCode::kNotFound, "no image in '" + options.folders.front() + "' has labels named NAME" +
                                           options.labelsSuffix + "; see --labels-suffix");
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.image < b.image; });
  return pairs;
}

Result<Array> readPlane(const fs::path& path) {
  CYTO_ASSIGN(const auto source, io::openImage(path));
  const Shape& shape = source->info().shape;
  if (shape.t != 1 || shape.z != 1) {
    return usage("'" + path.string() + "' has several frames or slices; training takes single planes");
  }
  return source->read(Box::whole(shape));
}

Result<std::vector<uint32_t>> readLabels(const fs::path& path) {
  CYTO_ASSIGN(const Array labels, readPlane(path));
  if (labels.channels() != 1 || isFloat(labels.dtype())) {
    return usage("'" + path.string() + "' is no label image; one channel of whole numbers is needed");
  }
  std::vector<uint32_t> ids;
  visitDtype(labels.dtype(), [&](auto zero) {
    const auto values = labels.plane<decltype(zero)>(0, 0, 0);
    ids.reserve(values.size());
    for (const auto value : values) ids.push_back(static_cast<uint32_t>(value));
  });
  return ids;
}

Result<std::vector<TrainingImage>> readImages(const std::vector<Pair>& pairs, const JobContext& job) {
  std::vector<TrainingImage> images;
  ProgressReporter reporter(job, "reading images", static_cast<int64_t>(pairs.size()));
  for (const Pair& pair : pairs) {
    CYTO_TRY(job.cancel.check());
    TrainingImage image;
    image.name = pair.image.string();
    CYTO_ASSIGN(const Array pixels, readPlane(pair.image));
    CYTO_ASSIGN(image.image, stretchToRgb(pixels));
    CYTO_ASSIGN(image.labels, readLabels(pair.labels));
    if (static_cast<int64_t>(image.labels.size()) != image.image.rows * image.image.columns) {
      return usage("the labels '" + pair.labels.string() + "' have another shape than the image '" + image.name +
                   "'; give one label per pixel");
    }
    images.push_back(std::move(image));
    reporter.advance();
  }
  return images;
}

std::string resultText(const TrainingReport& report, bool asJson) {
  const json document = {{"steps", report.steps},
                         {"seconds", report.seconds},
                         {"validation_point_iou", report.validationPointIou},
                         {"validation_box_iou", report.validationBoxIou},
                         {"checkpoint", report.checkpoint.string()},
                         {"exported", report.exported.string()}};
  if (asJson) return document.dump(2, ' ', false, json::error_handler_t::replace);
  char text[256];
  std::snprintf(text, sizeof text, "%lld steps in %.0f s; on images kept back: one click IoU %.3f, box IoU %.3f",
                static_cast<long long>(report.steps), report.seconds, report.validationPointIou,
                report.validationBoxIou);
  return report.exported.empty() ? text : text + ("\nwrote " + report.exported.string());
}

Result<ExitCode> runTraining(Options& options, std::vector<Setting>& settings, const JobContext& job) {
  if (!options.config.empty()) CYTO_TRY(readConfig(options, settings));
  TrainingOptions& training = options.training;
  const auto precision = precisionFromName(options.precision);
  if (!precision) return usage("unknown precision '" + options.precision + "'; use auto, fp32 or bf16");
  training.precision = *precision;
  training.startWeights = options.startWeights;
  training.checkpointFolder = options.checkpointFolder;
  training.exportPath = options.exportPath;
  if (training.checkpointFolder.empty()) return usage("say where to keep the training with --checkpoint-dir FOLDER");
  CYTO_ASSIGN(const std::vector<Pair> pairs, findPairs(options));
  CYTO_ASSIGN(const std::vector<TrainingImage> images, readImages(pairs, job));
  CYTO_ASSIGN(Engine * engine, loadEngine());
  CYTO_ASSIGN(const TrainingReport report, engine->train(images, training, job));
  CYTO_TRY(printResult(resultText(report, options.asJson)));
  return ExitCode::kDone;
}

}  // namespace

void addTrainCommand(CLI::App& app, Runner& chosen) {
  CLI::App* train = app.add_subcommand("train", "Train networks on your own annotations");
  train->require_subcommand(1);
  CLI::App* sam = train->add_subcommand("sam", "Train or fine-tune a click-to-mask network");
  const auto options = std::make_shared<Options>();
  const auto settings = std::make_shared<std::vector<Setting>>(settingsOf(*options));
  sam->add_option("--images", options->folders, "folders with images and their labels")->required();
  for (Setting& setting : *settings) {
    std::visit(
        [&](auto* target) { setting.option = sam->add_option("--" + std::string(setting.key), *target, setting.help); },
        setting.value);
  }
  sam->add_option("--config", options->config, "JSON file with these options, e.g. {\"minutes\": 30}");
  sam->add_flag("--json", options->asJson, "one JSON document on stdout");
  sam->callback([&chosen, options, settings] {
    chosen = [options, settings](const JobContext& job) { return runTraining(*options, *settings, job); };
  });
}

}  // namespace cyto::cli
