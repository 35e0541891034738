#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "app/cli/command.h"
#include "app/cli/json_text.h"
#include "app/cli/model_options.h"
#include "core/embedding/embedding_store.h"
#include "core/inference/preprocessing.h"
#include "core/io/image_source.h"
#include "core/segmentation/mask_prompt.h"
#include "core/segmentation/truth_objects.h"
#include "core/synthesis/synthesis.h"

namespace cyto::cli {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kSyntheticSide = 1024;
constexpr uint64_t kSyntheticSeed = 7;

struct Options {
  ModelOptions model;
  fs::path image;
  int encodes = 3;
  int clicks = 40;
  bool asJson = false;
};

/// What a user might click on: a place and the box around it, in pixels.
struct Target {
  double y = 0, x = 0;
  BoxPrompt box;
};

/// Places on a grid over an image that nobody has labelled, with boxes of a tenth of its shorter side.
std::vector<Target> gridOver(const RgbImage& image) {
  constexpr int kRows = 7, kColumns = 5;
  const auto rows = static_cast<double>(image.rows - 1), columns = static_cast<double>(image.columns - 1);
  const double reach = 0.05 * std::min(rows, columns);
  std::vector<Target> targets;
  for (int i = 0; i < kRows * kColumns; ++i) {
    const double y = rows * (0.1 + 0.8 * (i % kRows) / (kRows - 1));
    const double x = columns * (0.1 + 0.8 * (i % kColumns) / (kColumns - 1));
    targets.push_back({y, x, {y - reach, x - reach, y + reach, x + reach}});
  }
  return targets;
}

/// The middle and the bounding box of every object; mixed, so that neighbours do not follow each other.
std::vector<Target> objectsIn(const Array& labels) {
  std::vector<Target> targets;
  for (const TruthObject& object : objectsOf(labels.as<uint32_t>(), labels.shape().y, labels.shape().x, 1)) {
    const BoxPrompt box = boxOf(object.mask);
    targets.push_back({(box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2, box});
  }
  std::shuffle(targets.begin(), targets.end(), std::mt19937(7));
  return targets;
}

/// A folder of its own below the system's temporary folder, removed with its content.
class ScratchFolder {
 public:
  static Result<ScratchFolder> create() {
    std::error_code failed;
    std::string pattern = (fs::temp_directory_path(failed) / "cytoclick-benchmark-XXXXXX").string();
    if (failed || !::mkdtemp(pattern.data())) {
      return Error(ErrorCode::kIo,
                   "no temporary folder can be made at '" + pattern + "'; set TMPDIR to a folder with room");
    }
    return ScratchFolder(pattern);
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

double secondsOf(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The q-quantile of some times (nearest rank).
double quantile(std::vector<double> times, double q) {
  std::sort(times.begin(), times.end());
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(times.size())));
  return times[std::clamp<size_t>(rank, 1, times.size()) - 1];
}

double median(const std::vector<double>& times) { return quantile(times, 0.5); }

/// Of this program alone: getrusage would count the program that started it too.
double peakMemory_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

class Benchmark {
 public:
  explicit Benchmark(const Options& options) : options_(options) {}

  Result<ExitCode> run(const JobContext& job) {
    CYTO_TRY(readImage());
    CYTO_ASSIGN(modelLoad_s_, timed([&] { return loadModel(job); }));
    CYTO_TRY(timeRounds(job));
    CYTO_TRY(timeLoading());
    CYTO_TRY(printResult(options_.asJson ? jsonText(asJson()) : asText()));
    return ExitCode::kDone;
  }

 private:
  template <typename Work>
  static Result<double> timed(Work work) {
    const auto start = std::chrono::steady_clock::now();
    CYTO_TRY(work());
    return secondsOf(std::chrono::steady_clock::now() - start);
  }

  Status readImage() {
    if (options_.image.empty()) {
      // Nuclei that are the same on every machine.
      const synthesis::SynthesisOptions nuclei{
          "fluorescence-nuclei", {1, 1, kSyntheticSide, kSyntheticSide}, Dtype::kUint8};
      CYTO_ASSIGN(const synthesis::SyntheticSample sample, synthesis::synthesize(nuclei, kSyntheticSeed));
      CYTO_ASSIGN(image_, stretchToRgb(sample.image));
      targets_ = objectsIn(sample.labels);
      return {};
    }
    CYTO_ASSIGN(const auto source, io::openImage(options_.image));
    CYTO_ASSIGN(const Array plane, source->read(Box::plane(source->info().shape, 0, 0)));
    CYTO_ASSIGN(image_, stretchToRgb(plane));
    targets_ = gridOver(image_);
    return {};
  }

  Status loadModel(const JobContext& job) {
    CYTO_ASSIGN(model_, options_.model.load(job));
    return {};
  }

  Status encode(const JobContext& job) {
    CYTO_ASSIGN(Embedding made, model_->encoder().encode(image_, {job.cancel, {}}));
    embedding_ = std::make_shared<const Embedding>(std::move(made));
    return {};
  }

  Status loadEmbedding(const fs::path& store) {
    CYTO_ASSIGN(const auto opened, EmbeddingStore::openToRead(store));
    CYTO_ASSIGN(EmbeddingPtr loaded, opened->get({0, 0}));
    CYTO_ASSIGN(const auto prepared, model_->decoder().prepare(std::move(loaded)));
    return {};
  }

  /// Each round has one encode and its share of the clicks, so that what else the machine does meets all of them.
  Status timeRounds(const JobContext& job) {
    CYTO_ASSIGN(Engine* const engine, loadEngine());
    ProgressReporter progress(job, "rounds", options_.encodes + 1);
    for (int round = 0; round <= options_.encodes; ++round) {  // the first is the warm-up
      CYTO_ASSIGN(const double seconds, timed([&] { return encode(job); }));
      if (round > 0) encode_s_.push_back(seconds);
      if (round > 0) peak_gflops_ = std::max(peak_gflops_, engine->measurePeak_gflops(model_->identity().precision));
      const int last = round == 0 ? 0 : options_.clicks * round / options_.encodes;
      CYTO_TRY(timeClicks(static_cast<int>(point_s_.size()), last, job));
      progress.advance();
    }
    return {};
  }

  Status timeClicks(int first, int last, const JobContext& job) {
    CYTO_ASSIGN(const auto prepared, model_->decoder().prepare(embedding_));
    constexpr int kWarmUp = 5;
    for (int i = first - kWarmUp; i < last; ++i) {
      CYTO_TRY(job.cancel.check());
      const Target& target = targets_[static_cast<size_t>(i + kWarmUp) % targets_.size()];
      CYTO_ASSIGN(const double point_s, timeClick(*prepared, {{{target.y, target.x, true}}, {}, {}}));
      CYTO_ASSIGN(const double box_s, timeClick(*prepared, {{}, target.box, {}}));
      if (i < first) continue;
      point_s_.push_back(point_s);
      box_s_.push_back(box_s);
    }
    return {};
  }

  Result<double> timeClick(const PreparedEmbedding& prepared, const Prompts& prompts) {
    return timed([&]() -> Status {
      const auto prediction = model_->decoder().decode(prepared, prompts, {});
      return prediction ? Status() : prediction.error();
    });
  }

  // From a store on disk that nothing has opened yet to an embedding that answers clicks.
  Status timeLoading() {
    CYTO_ASSIGN(const ScratchFolder folder, ScratchFolder::create());
    const fs::path path = folder.path() / "embedding.zarr";
    StoreDescription description;
    description.layout.plane = {image_.rows, image_.columns};
    description.identity.modelType = model_->identity().architecture;
    CYTO_ASSIGN(const auto store, EmbeddingStore::openToWrite(path, description));
    CYTO_TRY(store->put({0, 0}, *embedding_));
    CYTO_TRY(store->finish());
    for (int i = 0; i < 6; ++i) {
      CYTO_ASSIGN(const double seconds, timed([&] { return loadEmbedding(path); }));
      if (i > 0) load_s_.push_back(seconds);
    }
    return {};
  }

  json asJson() const {
    const ModelIdentity& model = model_->identity();
    json figures = {{"model", model.name},
                    {"device", model.device},
                    {"precision", precisionName(model.precision)},
                    {"threads", model.threads},
                    {"image", options_.image.empty() ? "synthetic" : options_.image.string()},
                    {"image_shape", {image_.rows, image_.columns}},
                    {"encode_s", median(encode_s_)},
                    {"encode_min_s", quantile(encode_s_, 0)},
                    {"encode_p95_s", quantile(encode_s_, 0.95)},
                    {"point_ms", median(point_s_) * 1000},
                    {"point_min_ms", quantile(point_s_, 0) * 1000},
                    {"point_p95_ms", quantile(point_s_, 0.95) * 1000},
                    {"box_ms", median(box_s_) * 1000},
                    {"box_min_ms", quantile(box_s_, 0) * 1000},
                    {"box_p95_ms", quantile(box_s_, 0.95) * 1000},
                    {"embed_load_ms", median(load_s_) * 1000},
                    {"model_load_s", modelLoad_s_},
                    {"rss_mb", peakMemory_mb()},
                    {"encodes", options_.encodes},
                    {"clicks", options_.clicks}};
    if (peak_gflops_ > 0) figures["peak_gflops"] = peak_gflops_;
    if (const double work_gflop = model_->encode_gflop(); work_gflop > 0) {
      figures["encode_gflops"] = work_gflop / quantile(encode_s_, 0);
      if (peak_gflops_ > 0)
        figures["encode_percent_of_peak"] = 100 * work_gflop / quantile(encode_s_, 0) / peak_gflops_;
    }
    return figures;
  }

  std::string asText() const {
    const json figures = asJson();
    const auto value = [&](const char* key) { return figures[key].get<double>(); };
    const auto line = [](const char* format, auto... values) {
      char text[160];
      std::snprintf(text, sizeof text, format, values...);
      return "\n" + std::string(text);
    };
    std::string text = figures["model"].get<std::string>() + " on " + figures["device"].get<std::string>() + ", " +
                       figures["precision"].get<std::string>() + ", " + std::to_string(figures["threads"].get<int>()) +
                       " thread(s), image of " + std::to_string(image_.rows) + " x " + std::to_string(image_.columns);
    text += line("                 median  fastest      p95");
    text += line("encode         %8.3f %8.3f %8.3f s", value("encode_s"), value("encode_min_s"), value("encode_p95_s"));
    text +=
        line("point click    %8.1f %8.1f %8.1f ms", value("point_ms"), value("point_min_ms"), value("point_p95_ms"));
    text += line("box            %8.1f %8.1f %8.1f ms", value("box_ms"), value("box_min_ms"), value("box_p95_ms"));
    text += line("load embedding %8.1f ms", value("embed_load_ms"));
    text += line("load model     %8.2f s", value("model_load_s"));
    text += line("peak memory    %8.0f MB", value("rss_mb"));
    if (figures.contains("peak_gflops")) text += line("processor      %8.0f GFLOP/s at most", value("peak_gflops"));
    if (figures.contains("encode_gflops")) text += line("fastest encode %8.0f GFLOP/s", value("encode_gflops"));
    if (figures.contains("encode_percent_of_peak")) {
      text += ", " + std::to_string(std::lround(value("encode_percent_of_peak"))) + " % of that";
    }
    return text;
  }

  const Options& options_;
  RgbImage image_;
  std::vector<Target> targets_;
  std::unique_ptr<Model> model_;
  EmbeddingPtr embedding_;
  double modelLoad_s_ = 0;
  double peak_gflops_ = 0;
  std::vector<double> encode_s_, point_s_, box_s_, load_s_;
};

}  // namespace

void addBenchmarkCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("benchmark", "How fast a model is on this machine");
  auto options = std::make_shared<Options>();
  options->model.declareOn(*command);
  command->add_option("--image", options->image,
                      "image to use, clicked on a grid; default: synthetic nuclei on 1024 x 1024, each clicked");
  command->add_option("--encodes", options->encodes, "timed encodes after one for warming up")
      ->check(CLI::Range(1, 1000));
  command->add_option("--clicks", options->clicks, "timed points and boxes")->check(CLI::Range(1, 100000));
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return Benchmark(*options).run(job); }; });
}

}  // namespace cyto::cli
