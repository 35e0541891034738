#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/json_text.h"
#include "app/cli/model_options.h"
#include "core/display/label_overlay.h"
#include "core/inference/preprocessing.h"
#include "core/io/label_writer.h"
#include "core/segmentation/encoding_provider.h"
#include "core/segmentation/label_export.h"
#include "core/segmentation/label_painting.h"
#include "core/segmentation/prompt_file.h"
#include "core/segmentation/store_provider.h"

namespace cyto::cli {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Options {
  fs::path image;
  std::string key;
  fs::path prompts;
  fs::path output;
  ModelOptions model;
  fs::path store;
  bool acceptsOtherWeights = false;
  std::vector<int64_t> tileShape;
  std::vector<int64_t> halo;
  std::string overlap = "earlier";
  fs::path overlay;
  bool asJson = false;
};

/// One run of the command: what it was asked, and what it found out on the way.
class SegmentRun {
 public:
  explicit SegmentRun(const Options& options) : options_(options) {}

  Result<ExitCode> run(const JobContext& job) {
    CYTO_ASSIGN(const LabelFormat format, labelFormatFromPath(options_.output));
    CYTO_TRY(checkTarget(options_.output));
    if (!options_.overlay.empty()) CYTO_TRY(checkTarget(options_.overlay));
    CYTO_ASSIGN(image_, io::openImage(options_.image, {options_.key}));
    CYTO_ASSIGN(prompts_, readPromptFile(options_.prompts, image_->info().shape));
    CYTO_TRY(loadModel(job));
    CYTO_TRY(openEmbeddings(job));
    PromptSegmenter segmenter(*embeddings_, model_->decoder());
    CYTO_ASSIGN(answers_, segmenter.segmentAll(prompts_, job));
    times_ = segmenter.times();
    CYTO_ASSIGN(labels_, createLabels(image_->info().shape));
    const OverlapRule rule = options_.overlap == "later" ? OverlapRule::kLaterWins : OverlapRule::kEarlierWins;
    for (const ObjectMask& answer : answers_) paint(labels_, answer, rule);
    CYTO_TRY(job.cancel.check());
    CYTO_TRY(writeLabels(options_.output, format, labels_, image_->info().scale));
    if (!options_.overlay.empty()) CYTO_TRY(writeOverlay(job));
    return report();
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  Status loadModel(const JobContext& job) {
    const auto start = Clock::now();
    CYTO_ASSIGN(model_, options_.model.load(job));
    modelLoad_s_ = secondsSince(start);
    return {};
  }

  Status openEmbeddings(const JobContext& job) {
    const Shape& shape = image_->info().shape;
    if (!options_.store.empty()) {
      if (!options_.tileShape.empty()) {
        return Error(ErrorCode::kInvalidArgument, "a store has its own tiles; leave out --tile-shape or the store");
      }
      const MismatchPolicy policy =
          options_.acceptsOtherWeights ? MismatchPolicy::kAcceptOtherWeights : MismatchPolicy::kRefuse;
      CYTO_ASSIGN(embeddings_, StoreProvider::open(options_.store, *image_, model_->identity(), policy, job));
    } else if (!options_.tileShape.empty()) {
      const Extent2 tile{options_.tileShape[0], options_.tileShape[1]};
      const Extent2 halo = options_.halo.empty() ? Extent2{0, 0} : Extent2{options_.halo[0], options_.halo[1]};
      embeddings_ =
          std::make_unique<EncodingProvider>(*image_, model_->encoder(), Tiling({shape.y, shape.x}, tile, halo));
    } else if (!options_.halo.empty()) {
      return Error(ErrorCode::kInvalidArgument, "--halo needs --tile-shape");
    } else {
      embeddings_ = std::make_unique<EncodingProvider>(*image_, model_->encoder());
    }
    return {};
  }

  // Shows the plane of the first object: a picture has one plane.
  Status writeOverlay(const JobContext& job) {
    const int64_t t = prompts_.front().t, z = prompts_.front().z;
    std::vector<ObjectPrompts> inPlane;
    for (const ObjectPrompts& prompts : prompts_) {
      if (prompts.t == t && prompts.z == z) inPlane.push_back(prompts);
    }
    CYTO_ASSIGN(const Array plane, image_->read(Box::plane(image_->info().shape, t, z), 0, {job.cancel, {}}));
    CYTO_ASSIGN(const RgbImage rgb, stretchToRgb(plane));
    CYTO_ASSIGN(const Array picture, renderOverlay(rgb, labels_.plane<uint32_t>(0, t, z), inPlane));
    return io::writePng(options_.overlay, picture);
  }

  Result<ExitCode> report() const {
    for (const ObjectMask& answer : answers_) {
      for (const std::string& warning : answer.warnings) std::fprintf(stderr, "cytoclick: %s\n", warning.c_str());
    }
    CYTO_TRY(printResult(options_.asJson ? jsonText(reportJson()) : reportText()));
    return ExitCode::kDone;
  }

  json reportJson() const {
    const ModelIdentity& model = model_->identity();
    const Shape& shape = image_->info().shape;
    json objects = json::array();
    json warnings = json::array();
    for (const ObjectMask& answer : answers_) {
      const PaintedObject painted = paintedPart(labels_, answer);
      const PlaneBox& box = painted.box;
      objects.push_back({{"id", answer.id},
                         {"t", answer.t},
                         {"z", answer.z},
                         {"area", painted.area},
                         {"bbox", {box.y0, box.x0, box.y1, box.x1}},
                         {"predicted_iou", answer.predictedIou},
                         {"tile", answer.tiles.front()}});
      if (painted.area == 0) objects.back()["bbox"] = nullptr;
      if (answer.tiles.size() > 1) objects.back()["tiles"] = answer.tiles;
      for (const std::string& warning : answer.warnings) warnings.push_back(warning);
    }
    return {{"image", options_.image.string()},
            {"shape", {shape.t, shape.z, shape.y, shape.x}},
            {"labels", options_.output.string()},
            {"model", model.name},
            {"model_hash", model.weightsHash},
            {"device", model.device},
            {"precision", precisionName(model.precision)},
            {"objects", objects},
            {"warnings", warnings},
            {"seconds",
             {{"model_load", modelLoad_s_},
              {"embed", times_.embed_s},
              {"decode", times_.decode_s},
              {"total", secondsSince(start_)}}}};
  }

  std::string reportText() const {
    std::string text;
    for (const ObjectMask& answer : answers_) {
      char line[160];
      std::snprintf(line, sizeof line, "%s: %lld pixels, predicted IoU %.2f\n",
                    describe({answer.id, answer.t, answer.z, {}, {}, {}, false}, image_->info().shape).c_str(),
                    static_cast<long long>(paintedPart(labels_, answer).area),
                    static_cast<double>(answer.predictedIou));
      text += line;
    }
    char last[160];
    std::snprintf(last, sizeof last,
                  "%zu object(s) in %.2f s (model %.2f s, embedding %.2f s, masks %.3f s): ", answers_.size(),
                  secondsSince(start_), modelLoad_s_, times_.embed_s, times_.decode_s);
    return text + last + options_.output.string();
  }

  const Options& options_;
  Clock::time_point start_ = Clock::now();
  std::unique_ptr<io::ImageSource> image_;
  std::vector<ObjectPrompts> prompts_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<EmbeddingProvider> embeddings_;
  std::vector<ObjectMask> answers_;
  Array labels_;
  SegmenterTimes times_;
  double modelLoad_s_ = 0;
};

}  // namespace

void addSegmentCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("segment", "Masks from points, boxes and masks, without a window");
  auto options = std::make_shared<Options>();
  command->add_option("image", options->image, "image, volume or series")->required();
  command->add_option("--prompts", options->prompts, "JSON file with the prompts of each object")->required();
  command->add_option("-o,--output", options->output, "label image to write: .tif, .png, .zarr or .npy")->required();
  command->add_option("--key", options->key, "dataset inside a container, or a glob for a folder");
  options->model.declareOn(*command);
  command->add_option("-e,--embeddings", options->store, "embedding store of this image; default: encode now");
  command->add_flag("--override-mismatch", options->acceptsOtherWeights,
                    "use a store although other weights, preprocessing or precision made it");
  command->add_option("--tile-shape", options->tileShape, "encode in tiles of Y X pixels")
      ->expected(2)
      ->check(CLI::Range(int64_t{16}, int64_t{1} << 20));
  command->add_option("--halo", options->halo, "what tiles see beyond their border: Y X pixels")
      ->expected(2)
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 20));
  command->add_option("--overlap", options->overlap, "which object of the list keeps pixels that two claim")
      ->check(CLI::IsMember({"earlier", "later"}));
  command->add_option("--overlay", options->overlay, "PNG with the plane of the first object, contours and prompts");
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return SegmentRun(*options).run(job); }; });
}

}  // namespace cyto::cli
