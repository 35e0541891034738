#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/cli/command.h"
#include "core/base/atomic_file.h"
#include "core/inference/engine.h"
#include "core/training/data_report.h"
#include "core/training/preview_picture.h"
#include "core/training/recipe.h"

namespace cyto::cli {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kTrialSteps = 4;

/// What the command line says besides the settings of a recipe.
struct Options {
  TrainingRecipe recipe;
  std::string config;
  std::vector<std::string> images, labels, validation, validationLabels, labelEndings, variations;
  std::vector<double> shares;
  std::string key, labelsKey;
  std::optional<int64_t> channel;
  bool onlyInstances = false;  ///< `train instance`
  bool asJson = false;
  bool preflightOnly = false;
  int64_t profileSteps = 0;
  std::vector<std::pair<std::string, CLI::Option*>> settings;  ///< keys of a recipe and the options that win over them
};

Error usage(const std::string& sentence) { return Error(ErrorCode::kInvalidArgument, sentence); }

/// One source for each folder; labels are beside the images, in one folder for all, or in one for each.
Status addSources(const Options& options, const std::vector<std::string>& images,
                  const std::vector<std::string>& labels, bool validation, std::vector<AnnotationSource>& sources) {
  const std::string option = validation ? "--validation-labels" : "--labels";
  if (labels.size() > 1 && labels.size() != images.size()) {
    return usage(option + " takes one path, or as many as there are of images; " + std::to_string(images.size()) +
                 " and " + std::to_string(labels.size()) + " are given");
  }
  if (!validation && !options.shares.empty() && options.shares.size() != images.size()) {
    return usage("--shares takes as many numbers as there are folders of images");
  }
  for (size_t i = 0; i < images.size(); ++i) {
    AnnotationSource source;
    source.images = images[i];
    if (!labels.empty()) source.labels = labels[labels.size() == 1 ? 0 : i];
    source.key = options.key;
    source.labelsKey = options.labelsKey;
    source.channel = options.channel;
    if (!validation && !options.shares.empty()) source.share = options.shares[i];
    if (!(source.share >= 0)) return usage("--shares must be positive");
    source.validation = validation;
    sources.push_back(std::move(source));
  }
  return {};
}

/// The recipe, with what the command line says on top.
Status complete(Options& options) {
  if (!options.config.empty()) {
    std::vector<std::string> given;
    for (const auto& [key, option] : options.settings) {
      if (option->count() > 0) given.push_back(key);
    }
    if (!options.images.empty()) given.emplace_back("data");
    if (!options.labelEndings.empty()) given.emplace_back("labels_suffix");
    if (options.onlyInstances) given.emplace_back("instance_decoder");
    CYTO_TRY(readRecipe(options.config, options.recipe, given));
  }
  if (options.onlyInstances) options.recipe.training.instanceDecoder = "only";
  if (!options.labelEndings.empty()) options.recipe.data.labelEndings = options.labelEndings;
  for (const std::string& text : options.variations) CYTO_TRY(setVariation(options.recipe.training.variation, text));
  std::vector<AnnotationSource>& sources = options.recipe.data.sources;
  CYTO_TRY(addSources(options, options.images, options.labels, false, sources));
  CYTO_TRY(addSources(options, options.validation, options.validationLabels, true, sources));
  options.recipe.data.threads = options.recipe.training.threads;
  return {};
}

json scoreDocument(const TrainingScore& score) {
  if (score.isEmpty()) return nullptr;
  json document = json::object();
  if (score.objects > 0) {
    document = {{"point_iou", score.pointIou}, {"box_iou", score.boxIou}, {"objects", score.objects}};
  }
  if (score.crops > 0) {
    document["instance_loss"] = score.instanceLoss;
    document["crops"] = score.crops;
  }
  return document;
}

std::string scoreText(const char* when, const TrainingScore& score) {
  char text[160];
  std::string all;
  if (score.objects > 0) {
    std::snprintf(text, sizeof text, "\n%s: one click IoU %.3f, box IoU %.3f on %lld objects of images kept back", when,
                  score.pointIou, score.boxIou, static_cast<long long>(score.objects));
    all = text;
  }
  if (score.crops > 0) {
    std::snprintf(text, sizeof text, "\n%s: loss of finding all objects %.3f on %lld images kept back", when,
                  score.instanceLoss, static_cast<long long>(score.crops));
    all += text;
  }
  return all;
}

std::string resultText(const TrainingReport& report, bool asJson) {
  const json document = {{"steps", report.steps},
                         {"seconds", report.seconds},
                         {"finished", report.finished},
                         {"stopped_early", report.stoppedEarly},
                         {"before", scoreDocument(report.before)},
                         {"after", scoreDocument(report.after)},
                         {"network_share", report.profile.network},
                         {"data_share", report.profile.data},
                         {"optimiser_share", report.profile.optimiser},
                         {"waiting_share", report.profile.waiting},
                         {"step_seconds", report.profile.stepSeconds},
                         {"checkpoint", report.checkpoint.string()},
                         {"exported", report.exported.string()}};
  if (asJson) return document.dump(2, ' ', false, json::error_handler_t::replace);
  char text[256];
  std::snprintf(text, sizeof text, "%lld steps in %.0f s; %.3f s a step, %.0f %% of it in the network",
                static_cast<long long>(report.steps), report.seconds, report.profile.stepSeconds,
                100 * report.profile.network);
  std::string all = text;
  if (report.stoppedEarly) all += "\nstopped, because the score did not rise any more";
  all += scoreText("before", report.before) + scoreText("after", report.after);
  if (!report.finished) all += "\nthis piece is done; the same command goes on";
  return report.exported.empty() ? all : all + "\nwrote " + report.exported.string();
}

int64_t largestMemory() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024 : 0;
}

/// Looks at the data and takes a few steps that are not kept.
Result<ExitCode> reportOnly(const Options& options, const TrainingData& data, const TrainingOptions& training,
                            const JobContext& job) {
  std::optional<TrainingEstimate> estimate;
  if (checkUsable(data)) {
    CYTO_ASSIGN(Engine * engine, loadEngine());
    const int64_t steps = options.profileSteps > 0 ? options.profileSteps : kTrialSteps;
    CYTO_ASSIGN(const TrainingProfile profile, engine->measureTraining(data, training, steps, job));
    estimate = TrainingEstimate{profile, largestMemory()};
  }
  const TrainingEstimate* const known = estimate ? &*estimate : nullptr;
  CYTO_TRY(printResult(options.asJson ? reportJson(data.report(), training, known)
                                      : reportText(data.report(), training, known)));
  return data.report().problems.empty() ? ExitCode::kDone : ExitCode::kFailed;
}

TrainingObserver observerFor(const TrainingOptions& training) {
  TrainingObserver observer;
#ifdef CYTOCLICK_HAS_SEGMENTATION
  observer.preview = [path = training.checkpointFolder / "preview.png"](const std::vector<TrainingPreview>& previews) {
    return writePreviewPicture(path, previews);
  };
#endif
  return observer;
}

/// Names the images beside the checkpoint, and which of them judge the training.
Status keepSamples(const TrainingData& data, const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    return Error(ErrorCode::kIo, "cannot make the checkpoint folder '" + folder.string() + "': " + problem.message() +
                                     "; choose another");
  }
  return writeFileAtomically(folder / "samples.csv", samplesCsv(data));
}

Result<ExitCode> runTraining(Options& options, const JobContext& job) {
  CYTO_TRY(complete(options));
  CYTO_ASSIGN(const TrainingOptions training, trainingOptionsOf(options.recipe));
  const bool onlyReports = options.preflightOnly || options.profileSteps > 0;
  if (training.checkpointFolder.empty() && !onlyReports) {
    return usage("say where to keep the training with --checkpoint-dir FOLDER");
  }
  CYTO_ASSIGN(const std::unique_ptr<TrainingData> data, openTrainingData(options.recipe.data, job));
  if (!onlyReports) CYTO_TRY(checkUsable(*data));
  if (!training.checkpointFolder.empty()) CYTO_TRY(keepSamples(*data, training.checkpointFolder));
  if (onlyReports) return reportOnly(options, *data, training, job);
  std::fprintf(stderr, "%s\n", reportText(data->report(), training, nullptr).c_str());
  CYTO_TRY(writeFileAtomically(training.checkpointFolder / "recipe.json", recipeText(options.recipe)));
  CYTO_ASSIGN(Engine * engine, loadEngine());
  CYTO_ASSIGN(const TrainingReport report, engine->train(*data, training, observerFor(training), job));
  CYTO_TRY(printResult(resultText(report, options.asJson)));
  return ExitCode::kDone;
}

void declareLists(CLI::App& command, Options& options) {
  command.add_option("--images", options.images, "folders, files or stores with annotated images");
  command.add_option("--labels", options.labels, "where their labels are; default: beside the images");
  command.add_option("--shares", options.shares, "how often images of each folder are drawn, e.g. 3 1");
  command.add_option("--validation", options.validation, "annotated images that judge the training");
  command.add_option("--validation-labels", options.validationLabels, "where their labels are");
  command.add_option("--key", options.key, "dataset of the images inside HDF5, zarr or N5");
  command
      .add_option("--channel", options.channel, "take this channel alone, from 0; default: the first three as colours")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 20));
  command.add_option("--labels-key", options.labelsKey, "dataset of the labels inside HDF5, zarr or N5");
  command.add_option("--labels-suffix", options.labelEndings,
                     "labels of STEM.ext are STEM + this; default: _label.tif, _label.png, _mask.tif and the like");
  command.add_option("--vary", options.variations, "how often a change is made, e.g. elastic=0.3 inversion=0");
}

/// `train sam` and `train instance` take the same options, but only one of them says what learns.
void declareTraining(CLI::App& command, const std::shared_ptr<Options>& options, Runner& chosen) {
  command.add_option("--config", options->config, "a recipe: JSON with these settings (see models/recipes)");
  declareLists(command, *options);
  for (RecipeSetting& setting : settingsOf(options->recipe)) {
    if (options->onlyInstances && setting.key() == "instance_decoder") continue;
    std::visit(
        [&](auto* target) {
          options->settings.emplace_back(setting.key(),
                                         command.add_option("--" + std::string(setting.name), *target, setting.help));
        },
        setting.value);
  }
  command.add_flag("--preflight", options->preflightOnly,
                   "only look at the data, take a few trial steps, and report; with --checkpoint-dir it names all "
                   "images in samples.csv");
  command.add_option("--profile", options->profileSteps,
                     "take so many steps that are not kept and say where time goes");
  command.add_flag("--json", options->asJson, "one JSON document on stdout");
  command.callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return runTraining(*options, job); }; });
}

}  // namespace

void addTrainCommand(CLI::App& app, Runner& chosen) {
  CLI::App* train = app.add_subcommand("train", "Train networks on your own annotations");
  train->require_subcommand(1);
  CLI::App* sam = train->add_subcommand("sam", "Train or fine-tune a click-to-mask network");
  declareTraining(*sam, std::make_shared<Options>(), chosen);
  CLI::App* instance = train->add_subcommand(
      "instance", "Train only the part of a network that finds all objects by itself, for 'segment-auto'");
  const auto options = std::make_shared<Options>();
  options->onlyInstances = true;
  declareTraining(*instance, options, chosen);
}

}  // namespace cyto::cli
