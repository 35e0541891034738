#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/evaluation_set.h"
#include "app/cli/json_text.h"
#include "app/cli/model_options.h"
#include "core/inference/preprocessing.h"
#include "core/io/image_source.h"
#include "core/segmentation/intensity_baseline.h"
#include "core/segmentation/interactive_evaluation.h"

namespace cyto::cli {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Options {
  std::vector<fs::path> inputs;
  fs::path labels;
  std::string groupColumn;
  ModelOptions model;
  std::string start = "both";
  int rounds = 1;
  bool withoutMask = false;
  int64_t objectsPerImage = 0;
  int64_t leastArea = 16;
  uint64_t seed = 1;
  bool asJson = false;
};

/// Means over objects, and over the means of images, of any number of measures.
class Scores {
 public:
  void add(const std::string& image, const std::vector<double>& values) {
    addTo(total_, values);
    addTo(perImage_[image], values);
  }

  int64_t objects() const { return total_.count; }
  size_t images() const { return perImage_.size(); }
  double mean(size_t measure) const { return total_.sums[measure] / static_cast<double>(total_.count); }
  double meanOfImages(size_t measure) const {
    double sum = 0;
    for (const auto& [image, score] : perImage_) sum += score.sums[measure] / static_cast<double>(score.count);
    return sum / static_cast<double>(perImage_.size());
  }

 private:
  struct Sum {
    std::vector<double> sums;
    int64_t count = 0;
  };
  static void addTo(Sum& sum, const std::vector<double>& values) {
    sum.sums.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) sum.sums[i] += values[i];
    ++sum.count;
  }

  Sum total_;
  std::map<std::string, Sum> perImage_;
};

class InteractiveEvaluation {
 public:
  explicit InteractiveEvaluation(const Options& options) : options_(options) {
    nameMeasures("point");
    if (asksFor("point")) measures_.push_back("otsu_at_click");
    nameMeasures("box");
    if (asksFor("box")) measures_.push_back("ellipse_in_box");
  }

  Result<ExitCode> run(const JobContext& job) {
    CYTO_ASSIGN(const auto pairs, findEvaluationPairs(options_.inputs, options_.labels, options_.groupColumn));
    CYTO_ASSIGN(model_, options_.model.load(job));
    ProgressReporter progress(job, "images", static_cast<int64_t>(pairs.size()));
    for (const EvaluationPair& pair : pairs) {
      CYTO_TRY(job.cancel.check());
      if (Status done = evaluate(pair, job); !done)
        return std::move(done).error().during("evaluating '" + pair.image.string() + "'");
      progress.advance();
    }
    if (all_.objects() == 0) {
      return Error(ErrorCode::kInvalidArgument,
                   "the labels have no object of " + std::to_string(options_.leastArea) + " pixels or more");
    }
    CYTO_TRY(printResult(options_.asJson ? jsonText(asJson()) : asText()));
    return ExitCode::kDone;
  }

 private:
  bool asksFor(const std::string& start) const { return options_.start == start || options_.start == "both"; }

  void nameMeasures(const std::string& start) {
    if (!asksFor(start)) return;
    for (int round = 0; round < options_.rounds; ++round) {
      measures_.push_back(round == 0 ? start : start + "_round_" + std::to_string(round + 1));
    }
  }

  Status evaluate(const EvaluationPair& pair, const JobContext& job) {
    CYTO_ASSIGN(const RgbImage image, readImage(pair.image));
    CYTO_ASSIGN(auto objects, readTruth(pair.labels, image));
    objects = sampled(std::move(objects), options_.objectsPerImage, options_.seed);
    if (objects.empty()) return {};
    CYTO_ASSIGN(Embedding embedding, model_->encoder().encode(image, {job.cancel, {}}));
    CYTO_ASSIGN(const auto prepared,
                model_->decoder().prepare(std::make_shared<const Embedding>(std::move(embedding))));
    const IntensityBaseline baseline(image);
    for (const TruthObject& object : objects) {
      CYTO_TRY(job.cancel.check());
      CYTO_ASSIGN(const std::vector<double> values, scoresOf(object.mask, *prepared, baseline));
      all_.add(pair.image.string(), values);
      if (!pair.group.empty()) groups_[pair.group].add(pair.image.string(), values);
    }
    return {};
  }

  Result<std::vector<double>> scoresOf(const PlaneMask& truth, const PreparedEmbedding& embedding,
                                       const IntensityBaseline& baseline) {
    std::vector<double> values;
    for (const FirstPrompt first : {FirstPrompt::kPoint, FirstPrompt::kBox}) {
      if (!asksFor(first == FirstPrompt::kPoint ? "point" : "box")) continue;
      const SimulatedUser user{first, options_.rounds, !options_.withoutMask};
      CYTO_ASSIGN(const std::vector<double> ious, simulateUser(model_->decoder(), embedding, truth, user));
      values.insert(values.end(), ious.begin(), ious.end());
      const PlaneMask simple =
          first == FirstPrompt::kPoint ? baseline.componentAt(centreClick(truth)) : inscribedEllipse(truth.box);
      values.push_back(intersectionOverUnion(truth, simple));
    }
    return values;
  }

  static Result<Array> readPlane(const fs::path& path) {
    CYTO_ASSIGN(const auto source, io::openImage(path));
    const Shape& shape = source->info().shape;
    if (shape.t == 1 && shape.z == 1) return source->read(Box::whole(shape));
    return Error(ErrorCode::kInvalidArgument, "'" + path.string() + "' has the shape " + shape.text() +
                                                  " (t, z, y, x); only single planes can be evaluated");
  }

  static Result<RgbImage> readImage(const fs::path& path) {
    CYTO_ASSIGN(const Array plane, readPlane(path));
    return stretchToRgb(plane);
  }

  Result<std::vector<TruthObject>> readTruth(const fs::path& path, const RgbImage& image) const {
    CYTO_ASSIGN(const Array plane, readPlane(path));
    const Shape& shape = plane.shape();
    if (shape.y != image.rows || shape.x != image.columns) {
      return Error(ErrorCode::kInvalidArgument, "the labels '" + path.string() + "' have " + std::to_string(shape.y) +
                                                    " x " + std::to_string(shape.x) + " pixels, but the image has " +
                                                    std::to_string(image.rows) + " x " + std::to_string(image.columns));
    }
    if (isFloat(plane.dtype())) {
      return Error(ErrorCode::kInvalidArgument,
                   "the labels '" + path.string() + "' are not whole numbers; labels are integer images");
    }
    std::vector<uint32_t> labels;
    visitDtype(plane.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (const T value : plane.plane<T>(0, 0, 0)) labels.push_back(static_cast<uint32_t>(value));
    });
    return objectsOf(labels, shape.y, shape.x, options_.leastArea);
  }

  json summary(const Scores& scores) const {
    json mean, meanOfImages;
    for (size_t i = 0; i < measures_.size(); ++i) {
      mean[measures_[i]] = scores.mean(i);
      meanOfImages[measures_[i]] = scores.meanOfImages(i);
    }
    return {{"images", scores.images()},
            {"objects", scores.objects()},
            {"mean_iou", mean},
            {"mean_of_image_means", meanOfImages}};
  }

  json asJson() const {
    json document = summary(all_);
    const ModelIdentity& model = model_->identity();
    document["model"] = model.name;
    document["model_hash"] = model.weightsHash;
    document["device"] = model.device;
    document["precision"] = precisionName(model.precision);
    document["seed"] = options_.seed;
    document["groups"] = json::object();
    for (const auto& [group, scores] : groups_) document["groups"][group] = summary(scores);
    return document;
  }

  std::string asText() const {
    std::string text = row("mean IoU", "objects", [&](size_t i) { return measures_[i]; });
    const auto figures = [&](const Scores& scores, bool ofImages) {
      return [&, ofImages](size_t i) {
        char figure[16];
        std::snprintf(figure, sizeof figure, "%.3f", ofImages ? scores.meanOfImages(i) : scores.mean(i));
        return std::string(figure);
      };
    };
    for (const auto& [group, scores] : groups_) {
      text += "\n" + row(group, std::to_string(scores.objects()), figures(scores, false));
    }
    text += "\n" + row("all objects", std::to_string(all_.objects()), figures(all_, false));
    return text + "\n" + row("mean of image means", std::to_string(all_.images()) + " images", figures(all_, true));
  }

  template <typename Cell>
  std::string row(const std::string& name, const std::string& count, Cell cell) const {
    char start[64];
    std::snprintf(start, sizeof start, "%-30.30s %10s", name.c_str(), count.c_str());
    std::string text = start;
    for (size_t i = 0; i < measures_.size(); ++i) {
      char field[32];
      std::snprintf(field, sizeof field, " %15s", cell(i).c_str());
      text += field;
    }
    return text;
  }

  const Options& options_;
  std::vector<std::string> measures_;
  std::unique_ptr<Model> model_;
  Scores all_;
  std::map<std::string, Scores> groups_;
};

}  // namespace

void addEvaluateCommand(CLI::App& app, Runner& chosen) {
  CLI::App* evaluate = app.add_subcommand("evaluate", "How good a model is on images with ground truth");
  evaluate->require_subcommand(1);
  CLI::App* command = evaluate->add_subcommand(
      "interactive", "Mean IoU of simulated clicks and boxes, beside an Otsu threshold and an ellipse in the box");
  auto options = std::make_shared<Options>();
  command->add_option("images", options->inputs, "images, or folders with images and STEM_label.tif files")->required();
  command->add_option("--labels", options->labels, "folder with the labels, or the label file of the one image");
  options->model.declareOn(*command);
  command->add_option("--start", options->start, "first prompt: point, box or both")
      ->check(CLI::IsMember({"point", "box", "both"}));
  command->add_option("--iterations", options->rounds, "first prompt and corrections after it")
      ->check(CLI::Range(1, 100));
  command->add_flag("--without-mask", options->withoutMask, "corrections do not hand the last mask back");
  command->add_option("--max-objects-per-image", options->objectsPerImage, "random sample per image; 0: all")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40));
  command->add_option("--min-area", options->leastArea, "smaller objects, in pixels, are left out")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  command->add_option("--seed", options->seed, "of the sample");
  command->add_option("--group-by", options->groupColumn, "column of index.csv in the folder; default: subfolders");
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback([&chosen, options] {
    chosen = [options](const JobContext& job) { return InteractiveEvaluation(*options).run(job); };
  });
}

}  // namespace cyto::cli
