#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "core/base/version.h"
#include "core/embedding/precompute.h"

namespace cyto::cli {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct Options {
  std::vector<std::string> images;
  std::string output;
  std::string key;
  std::string mask;
  int ndim = 0;
  std::vector<int64_t> tileShape;
  std::vector<int64_t> halo;
  bool acceptsOtherWeights = false;
  bool asJson = false;
  ModelOptions model;
};

struct StoreOptionsOfCommand {
  std::string store;
  bool asJson = false;
};

/// One image and what became of it.
struct Task {
  fs::path image;
  fs::path store;
  int64_t items = 0;  ///< known after planning
  PrecomputeReport report;
  std::string error;
};

/// File names need not be UTF-8.
std::string text(const json& document) { return document.dump(2, ' ', false, json::error_handler_t::replace); }

Error usage(const std::string& sentence) { return Error(ErrorCode::kInvalidArgument, sentence); }

fs::path withZarrSuffix(const fs::path& path) {
  const fs::path trimmed = path.filename().empty() ? path.parent_path() : path;
  return trimmed.extension() == ".zarr" ? trimmed : fs::path(trimmed.string() + ".zarr");
}

fs::path nameOfImage(const fs::path& image) { return (image.filename().empty() ? image.parent_path() : image).stem(); }

/// One image: the store itself. Several: a folder with a store per image.
Result<std::vector<Task>> tasksFor(const Options& options) {
  if (options.images.empty()) return usage("give at least one image; see 'cytoclick precompute-embeddings --help'");
  if (options.output.empty()) return usage("say where to write the store with -o STORE");
  if (options.images.size() == 1) {
    std::vector<Task> one(1);
    one[0].image = options.images[0];
    one[0].store = withZarrSuffix(options.output);
    return one;
  }
  if (!options.mask.empty()) return usage("a mask belongs to one image; give --mask with one image only");
  std::map<fs::path, std::vector<std::string>> imagesOfStore;
  std::vector<Task> tasks;
  for (const std::string& image : options.images) {
    Task task;
    task.image = image;
    task.store = fs::path(options.output) / (nameOfImage(image).string() + ".zarr");
    imagesOfStore[task.store].push_back("'" + image + "'");
    tasks.push_back(std::move(task));
  }
  std::string collisions;
  for (const auto& [store, images] : imagesOfStore) {
    if (images.size() < 2) continue;
    for (const std::string& image : images) collisions += (collisions.empty() ? "" : ", ") + image;
  }
  if (collisions.empty()) return tasks;
  return usage("these images have equal names and would get the same store: " + collisions +
               "; rename them or write them to different folders");
}

Result<LayoutRequest> layoutRequest(const Options& options) {
  LayoutRequest request;
  if (options.ndim != 0) request.ndim = options.ndim;
  if (options.tileShape.empty() != options.halo.empty()) {
    return usage("--tile-shape and --halo go together, for example --tile-shape 384 384 --halo 64 64");
  }
  if (!options.tileShape.empty()) {
    request.tiles = TileLayout{{options.tileShape[0], options.tileShape[1]}, {options.halo[0], options.halo[1]}};
  }
  if (!options.mask.empty() && !request.tiles) {
    return usage("--mask chooses tiles, so it needs --tile-shape and --halo");
  }
  return request;
}

/// Does what the options say for one image after the other.
class Precompute {
 public:
  Precompute(const Options& options, LayoutRequest request, std::vector<Task> tasks)
      : options_(options), request_(std::move(request)), tasks_(std::move(tasks)) {}

  Result<ExitCode> run(const JobContext& job) {
    if (!options_.mask.empty()) {
      CYTO_ASSIGN(mask_, io::openImage(options_.mask));
      request_.mask = mask_.get();
    }
    CYTO_TRY(plan(job));
    CYTO_ASSIGN(model_, options_.model.load(job));
    for (Task& task : tasks_) {
      if (!task.error.empty()) continue;
      const Status done = precompute(task, job);
      doneItems_ += task.items;
      CYTO_TRY(keepGoing(task, done));
    }
    CYTO_TRY(printResult(options_.asJson ? text(asJson()) : asText()));
    return exitCode();
  }

 private:
  bool isAlone() const { return tasks_.size() == 1; }

  /// With one image an error is the end; with several the others go on, unless the user stops.
  Status keepGoing(Task& task, const Status& status) {
    if (status) return {};
    if (isAlone() || status.error().code() == ErrorCode::kCancelled) return status;
    task.error = status.error().message();
    std::fprintf(stderr, "cytoclick: '%s' failed: %s\n", task.image.c_str(), task.error.c_str());
    return {};
  }

  /// Opens every image before anything is computed, so that most mistakes show at once.
  Status plan(const JobContext& job) {
    for (Task& task : tasks_) CYTO_TRY(keepGoing(task, planOne(task, job)));
    return {};
  }

  Status planOne(Task& task, const JobContext& job) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(const auto image, io::openImage(task.image, {options_.key}));
    LayoutRequest withoutMask = request_;
    withoutMask.mask = nullptr;
    auto layout = planLayout(image->info(), withoutMask, job);
    if (!layout) return std::move(layout).error().during("'" + task.image.string() + "'");
    task.items = layout->slices * layout->tiling().count();
    totalItems_ += task.items;
    return {};
  }

  Status precompute(Task& task, const JobContext& job) {
    CYTO_ASSIGN(const auto image, io::openImage(task.image, {options_.key}));
    const JobContext quiet{job.cancel, {}};
    auto layout = planLayout(image->info(), request_, quiet);
    if (!layout) return std::move(layout).error().during("'" + task.image.string() + "'");
    CYTO_ASSIGN(const ImageFingerprint fingerprint, fingerprintOf(*image, isAlone() ? job : quiet));
    const StoreDescription description{
        *std::move(layout), identityOf(fingerprint, model_->identity(), "cytoclick " + std::string(programVersion()))};
    StoreOptions storeOptions;
    storeOptions.cacheBytes = 0;
    if (options_.acceptsOtherWeights) storeOptions.mismatch = MismatchPolicy::kAcceptOtherWeights;
    CYTO_ASSIGN(const auto store, EmbeddingStore::openToWrite(task.store, description, storeOptions));
    CYTO_ASSIGN(task.report, precomputeEmbeddings(*image, *store, model_->encoder(), progressOf(task, job)));
    return {};
  }

  /// Counts the items of all images as one phase. What a store holds already counts as done.
  JobContext progressOf(const Task& task, const JobContext& job) const {
    if (isAlone() || !job.progress) return job;
    return {job.cancel, [this, &task, &job](const Progress& ofImage) {
              const int64_t held = task.items - ofImage.total;
              job.progress({doneItems_ + held + ofImage.done, totalItems_, ofImage.phase});
            }};
  }

  int64_t failures() const {
    return std::count_if(tasks_.begin(), tasks_.end(), [](const Task& task) { return !task.error.empty(); });
  }

  ExitCode exitCode() const {
    if (failures() == 0) return ExitCode::kDone;
    return failures() == static_cast<int64_t>(tasks_.size()) ? ExitCode::kFailed : ExitCode::kPartlyFailed;
  }

  json asJson() const {
    const ModelIdentity& model = model_->identity();
    json stores = json::array();
    for (const Task& task : tasks_) {
      json entry = {{"image", task.image.string()}, {"store", task.store.string()}};
      if (task.error.empty()) {
        entry.update({{"status", "complete"},
                      {"items", task.report.items},
                      {"encoded", task.report.encoded},
                      {"seconds", task.report.seconds}});
      } else {
        entry.update({{"status", "failed"}, {"error", task.error}});
      }
      stores.push_back(std::move(entry));
    }
    return {{"model",
             {{"name", model.name},
              {"architecture", model.architecture},
              {"hash", model.weightsHash},
              {"precision", precisionName(model.precision)},
              {"device", model.device}}},
            {"stores", stores},
            {"failed", failures()}};
  }

  std::string asText() const {
    std::string text;
    for (const Task& task : tasks_) {
      if (!task.error.empty()) continue;
      text += (text.empty() ? "" : "\n") + task.store.string() + ": " + std::to_string(task.report.items) +
              " embeddings, " + std::to_string(task.report.encoded) + " of them new";
    }
    if (failures() > 0) text += (text.empty() ? "" : "\n") + std::to_string(failures()) + " images failed";
    return text;
  }

  const Options& options_;
  LayoutRequest request_;
  std::vector<Task> tasks_;
  std::unique_ptr<io::ImageSource> mask_;
  std::unique_ptr<Model> model_;
  int64_t totalItems_ = 0;
  int64_t doneItems_ = 0;
};

Result<ExitCode> runPrecompute(const Options& options, const JobContext& job) {
  CYTO_ASSIGN(std::vector<Task> tasks, tasksFor(options));
  CYTO_ASSIGN(LayoutRequest request, layoutRequest(options));
  return Precompute(options, std::move(request), std::move(tasks)).run(job);
}

json statusOf(const EmbeddingStore& store) {
  const StoreLayout& layout = store.description().layout;
  const StoreIdentity& identity = store.description().identity;
  const auto items = static_cast<int64_t>(layout.items().size());
  json status = {{"store", store.path().string()},
                 {"complete", store.isComplete()},
                 {"items", items},
                 {"finished", items - static_cast<int64_t>(store.missingItems().size())},
                 {"zarr_format", store.zarrFormat()},
                 {"slices", layout.slices},
                 {"image_size", {layout.plane.y, layout.plane.x}},
                 {"data_signature", identity.dataSignature},
                 {"model_type", identity.modelType},
                 {"model_name", identity.modelName},
                 {"model_hash", identity.modelHash},
                 {"precision", identity.precision},
                 {"preprocessing", identity.preprocessing},
                 {"written_by", identity.writer}};
  if (layout.tiles) {
    status.update({{"tile_shape", {layout.tiles->tileShape.y, layout.tiles->tileShape.x}},
                   {"halo", {layout.tiles->halo.y, layout.tiles->halo.x}}});
  }
  return status;
}

std::string asText(const json& status) {
  std::string text;
  for (const auto& [key, value] : status.items()) {
    text += (text.empty() ? "" : "\n") + key + ": " + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

Result<ExitCode> runStatus(const StoreOptionsOfCommand& options, bool verify) {
  CYTO_ASSIGN(const auto store, EmbeddingStore::openToRead(options.store));
  if (verify) CYTO_TRY(store->verify());
  json status = statusOf(*store);
  if (verify) status["verified"] = true;
  CYTO_TRY(printResult(options.asJson ? text(status) : asText(status)));
  return ExitCode::kDone;
}

void addStoreCommand(CLI::App& parent, Runner& chosen, const std::string& name, const std::string& about, bool verify) {
  CLI::App* command = parent.add_subcommand(name, about);
  auto options = std::make_shared<StoreOptionsOfCommand>();
  command->add_option("STORE", options->store, "the store")->required();
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback([&chosen, options, verify] {
    chosen = [options, verify](const JobContext&) { return runStatus(*options, verify); };
  });
}

}  // namespace

void addPrecomputeEmbeddingsCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand(
      "precompute-embeddings", "Encode images once, so that prompts are answered at once; also stores for micro-sam");
  auto options = std::make_shared<Options>();
  command->add_option("IMAGE", options->images, "images, volumes or series");
  command->add_option("-o,--output", options->output,
                      "the store (.zarr); with several images a folder that gets one store per image");
  command->add_option("-k,--key", options->key, "dataset inside HDF5, zarr or N5, or pattern in a folder");
  command->add_option("--ndim", options->ndim, "2: one image; 3: slices or frames; default: as the image is")
      ->check(CLI::IsMember({2, 3}));
  command->add_option("--tile-shape", options->tileShape, "rows and columns of a tile, without halo")
      ->expected(2)
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30));
  command->add_option("--halo", options->halo, "rows and columns that a tile sees around itself")
      ->expected(2)
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 30));
  command->add_option("--mask", options->mask, "encode only tiles where this image is not 0");
  command->add_flag("--override-mismatch", options->acceptsOtherWeights,
                    "accept a complete store of other weights, preprocessing or precision");
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  options->model.declareOn(*command);
  addStoreCommand(*command, chosen, "status", "what a store holds and how much of it is finished", false);
  addStoreCommand(*command, chosen, "verify", "read a store completely and report damage", true);
  command->callback([&chosen, command, options] {
    if (!command->get_subcommands().empty()) return;
    chosen = [options](const JobContext& job) { return runPrecompute(*options, job); };
  });
}

}  // namespace cyto::cli
