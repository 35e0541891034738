#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "app/cli/automatic_tasks.h"
#include "app/cli/command.h"
#include "app/cli/json_text.h"
#include "app/cli/model_options.h"
#include "core/project/exchange/volume_pixels.h"
#include "core/segmentation/automatic/instance_segmenter.h"
#include "core/segmentation/encoding_provider.h"
#include "core/segmentation/label_export.h"
#include "core/segmentation/store_provider.h"
#include "core/session/attention.h"

namespace cyto::cli {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  AutomaticInputs inputs;
  std::string key;
  std::string mode = "auto";
  ModelOptions model;
  bool acceptsOtherWeights = false;
  std::vector<std::string> parameters;
  std::vector<int64_t> tileShape;
  std::vector<int64_t> halo;
  bool skipsExisting = false;
  bool asJson = false;
};

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What became of one image.
struct Outcome {
  enum class State { kWaiting, kDone, kSkipped, kFailed };
  AutomaticTask task;
  State state = State::kWaiting;
  std::string error;
  Shape shape;
  uint32_t objects = 0;
  int64_t missingTiles = 0;
  double embed_s = 0, decode_s = 0, label_s = 0, total_s = 0;
};

class SegmentAutoRun {
 public:
  explicit SegmentAutoRun(const Options& options) : options_(options) {}

  Result<ExitCode> run(const JobContext& job) {
    CYTO_TRY(checkOptions());
    CYTO_ASSIGN(const auto tasks, automaticTasks(options_.inputs));
    isAlone_ = tasks.size() == 1 && tasks[0].labels == options_.inputs.output;
    for (const AutomaticTask& task : tasks) {
      outcomes_.emplace_back();
      outcomes_.back().task = task;
    }
    if (isAlone_) CYTO_TRY(check(tasks[0]));
    CYTO_TRY(loadModel(job));
    // One image shows its tiles; of several it is shown how many are done.
    const JobContext quiet{job.cancel, {}};
    ProgressReporter progress(isAlone_ ? quiet : job, "images", static_cast<int64_t>(outcomes_.size()));
    for (Outcome& outcome : outcomes_) {
      CYTO_TRY(keepGoing(outcome, segment(outcome, isAlone_ ? job : quiet)));
      progress.advance();
    }
    CYTO_TRY(printResult(options_.asJson ? jsonText(reportJson()) : reportText()));
    return exitCode();
  }

 private:
  Status checkOptions() {
    if (options_.tileShape.empty() && !options_.halo.empty()) {
      return Error(ErrorCode::kInvalidArgument, "--halo needs --tile-shape");
    }
    if (!options_.tileShape.empty() && !options_.inputs.store.empty()) {
      return Error(ErrorCode::kInvalidArgument, "a store has its own tiles; leave out --tile-shape or the store");
    }
    // Mistakes in parameters show before the model is loaded; presets come first, so they are set again afterwards.
    return setParameters(parameters_);
  }

  Status setParameters(InstanceParameters& parameters) const {
    for (const std::string& assignment : options_.parameters) CYTO_TRY(setParameter(parameters, assignment));
    return {};
  }

  /// What can be refused before any work.
  Status check(const AutomaticTask& task) const {
    CYTO_TRY(labelFormatFromPath(task.labels));
    CYTO_TRY(checkTarget(task.labels));
    CYTO_TRY(io::openImage(task.image, {options_.key}));
    return {};
  }

  Status loadModel(const JobContext& job) {
    const auto start = Clock::now();
    CYTO_ASSIGN(model_, options_.model.load(job));
    modelLoad_s_ = secondsSince(start);
    CYTO_ASSIGN(mode_, resolvedMode(*model_, *automaticModeFromName(options_.mode)));
    parameters_ = presetFor(model_->identity().name);
    return setParameters(parameters_);
  }

  /// With one image an error is the end; with several the others go on, unless the user stops.
  Status keepGoing(Outcome& outcome, const Status& status) {
    if (status) return {};
    if (isAlone_ || status.error().code() == ErrorCode::kCancelled) return status;
    outcome.state = Outcome::State::kFailed;
    outcome.error = status.error().message();
    std::fprintf(stderr, "cytoclick: '%s' failed: %s\n", outcome.task.image.c_str(), outcome.error.c_str());
    return {};
  }

  Status segment(Outcome& outcome, const JobContext& job) {
    CYTO_TRY(job.cancel.check());
    const auto start = Clock::now();
    const fs::path& labels = outcome.task.labels;
    std::error_code failed;
    if (options_.skipsExisting && fs::exists(labels, failed)) {
      outcome.state = Outcome::State::kSkipped;
      return {};
    }
    if (!isAlone_ && labels.has_parent_path()) {
      fs::create_directories(labels.parent_path(), failed);
      if (failed) {
        return Error(ErrorCode::kIo, "cannot make the folder '" + labels.parent_path().string() +
                                         "': " + failed.message() + "; choose another place with -o");
      }
    }
    CYTO_ASSIGN(const LabelFormat format, labelFormatFromPath(labels));
    CYTO_TRY(checkTarget(labels));
    CYTO_ASSIGN(const auto image, io::openImage(outcome.task.image, {options_.key}));
    outcome.shape = image->info().shape;
    CYTO_ASSIGN(const auto embeddings, openEmbeddings(outcome.task, *image, job));
    CYTO_ASSIGN(const InstanceSegmentation found, segmentAutomatically(*embeddings, *model_, mode_, parameters_, job));
    io::LabelWriting writing;
    writing.scale = image->info().scale;
    writing.job = {job.cancel, {}};
    CYTO_TRY(writeLabels(labels, format, VolumePixels(found.labels), writing));
    outcome.state = Outcome::State::kDone;
    outcome.objects = found.objects;
    outcome.missingTiles = found.missingTiles;
    outcome.embed_s = found.embed_s;
    outcome.decode_s = found.decode_s;
    outcome.label_s = found.label_s;
    outcome.total_s = secondsSince(start);
    return {};
  }

  Result<std::unique_ptr<EmbeddingProvider>> openEmbeddings(const AutomaticTask& task, const io::ImageSource& image,
                                                            const JobContext& job) {
    using Opened = std::unique_ptr<EmbeddingProvider>;
    const Shape& shape = image.info().shape;
    if (!task.store.empty()) {
      const MismatchPolicy policy =
          options_.acceptsOtherWeights ? MismatchPolicy::kAcceptOtherWeights : MismatchPolicy::kRefuse;
      CYTO_ASSIGN(Opened store, StoreProvider::open(task.store, image, model_->identity(), policy, {job.cancel, {}}));
      return store;
    }
    // Each tile is used once, so nothing is gained by keeping more than one.
    constexpr int64_t kBudget_bytes = 1;
    return Opened(std::make_unique<EncodingProvider>(image, model_->encoder(), tilingOf(shape), kBudget_bytes));
  }

  Tiling tilingOf(const Shape& shape) const {
    if (options_.tileShape.empty()) return sessionTiling(shape);
    constexpr int64_t kTilesPerHalo = 6;  // of the default halo
    const Extent2 tile{options_.tileShape[0], options_.tileShape[1]};
    const Extent2 halo = options_.halo.empty() ? Extent2{tile.y / kTilesPerHalo, tile.x / kTilesPerHalo}
                                               : Extent2{options_.halo[0], options_.halo[1]};
    return Tiling({std::max<int64_t>(shape.y, 1), std::max<int64_t>(shape.x, 1)}, tile, halo);
  }

  int64_t count(Outcome::State state) const {
    return std::count_if(outcomes_.begin(), outcomes_.end(),
                         [&](const Outcome& outcome) { return outcome.state == state; });
  }

  ExitCode exitCode() const {
    const int64_t failures = count(Outcome::State::kFailed);
    if (failures == 0) return ExitCode::kDone;
    return failures == static_cast<int64_t>(outcomes_.size()) ? ExitCode::kFailed : ExitCode::kPartlyFailed;
  }

  json reportJson() const {
    const ModelIdentity& model = model_->identity();
    json images = json::array();
    for (const Outcome& outcome : outcomes_) {
      json entry = {{"image", outcome.task.image.string()}, {"labels", outcome.task.labels.string()}};
      switch (outcome.state) {
        case Outcome::State::kFailed: entry.update({{"status", "failed"}, {"error", outcome.error}}); break;
        case Outcome::State::kSkipped: entry.update({{"status", "skipped"}}); break;
        default:
          entry.update({{"status", "complete"},
                        {"shape", {outcome.shape.t, outcome.shape.z, outcome.shape.y, outcome.shape.x}},
                        {"objects", outcome.objects},
                        {"tiles_without_embedding", outcome.missingTiles},
                        {"seconds",
                         {{"embed", outcome.embed_s},
                          {"decode", outcome.decode_s},
                          {"objects", outcome.label_s},
                          {"total", outcome.total_s}}}});
      }
      images.push_back(std::move(entry));
    }
    return {{"mode", mode_ == AutomaticMode::kGrid ? "amg" : "ais"},
            {"model", model.name},
            {"model_hash", model.weightsHash},
            {"device", model.device},
            {"precision", precisionName(model.precision)},
            {"threads", model.threads},
            {"model_load_seconds", modelLoad_s_},
            {"images", images},
            {"failed", count(Outcome::State::kFailed)}};
  }

  std::string reportText() const {
    std::string text;
    for (const Outcome& outcome : outcomes_) {
      if (outcome.state == Outcome::State::kFailed) continue;
      if (!text.empty()) text += '\n';
      text += outcome.task.labels.string();
      if (outcome.state == Outcome::State::kSkipped) {
        text += ": there already, skipped";
        continue;
      }
      char figures[160];
      std::snprintf(figures, sizeof figures,
                    ": %u object(s) in %.2f s (embedding %.2f s, decoding %.2f s, objects %.2f s)", outcome.objects,
                    outcome.total_s, outcome.embed_s, outcome.decode_s, outcome.label_s);
      text += figures;
      if (outcome.missingTiles > 0) {
        text += "; " + std::to_string(outcome.missingTiles) + " tile(s) without embedding were left empty";
      }
    }
    if (const int64_t failures = count(Outcome::State::kFailed); failures > 0) {
      text += (text.empty() ? "" : "\n") + std::to_string(failures) + " image(s) failed";
    }
    return text;
  }

  const Options& options_;
  std::vector<Outcome> outcomes_;
  bool isAlone_ = false;
  std::unique_ptr<Model> model_;
  AutomaticMode mode_ = AutomaticMode::kAuto;
  InstanceParameters parameters_;
  double modelLoad_s_ = 0;
};

}  // namespace

void addSegmentAutoCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("segment-auto", "All objects of images, without prompts");
  auto options = std::make_shared<Options>();
  command->add_option("images", options->inputs.images, "images, volumes, series, or folders of images")->required();
  command
      ->add_option("-o,--output", options->inputs.output,
                   "label image to write (.tif, .png, .zarr or .npy); a folder for several images")
      ->required();
  command
      ->add_option(
          "--mode", options->mode,
          "ais: the model's instance decoder; amg: a click on each point of a grid, for models without one; auto: "
          "what the model has")
      ->check(CLI::IsMember({"auto", "ais", "amg"}));
  command->add_option("--key", options->key, "dataset inside a container, or a glob that makes a folder one series");
  options->model.declareOn(*command);
  command->add_option("-e,--embeddings", options->inputs.store,
                      "embedding store of the image, or a folder with STEM.zarr for several; default: encode now");
  command->add_flag("--override-mismatch", options->acceptsOtherWeights,
                    "use a store although other weights, preprocessing or precision made it");
  command->add_option("--param", options->parameters, "name=value, for example min_size=50; may be repeated");
  command->add_option("--tile-shape", options->tileShape, "work in tiles of Y X pixels; default: for large images")
      ->expected(2)
      ->check(CLI::Range(int64_t{16}, int64_t{1} << 20));
  command
      ->add_option("--halo", options->halo, "what tiles see beyond their border: Y X pixels; default: a sixth of them")
      ->expected(2)
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 20));
  command->add_flag("--skip-existing", options->skipsExisting, "leave images out whose labels are there already");
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback([&chosen, options] {
    options->inputs.foldersAreSeries = !options->key.empty();
    chosen = [options](const JobContext& job) { return SegmentAutoRun(*options).run(job); };
  });
}

}  // namespace cyto::cli
