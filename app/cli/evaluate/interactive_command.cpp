#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/cli/evaluate/evaluate_commands.h"
#include "app/cli/evaluate/evaluation_set.h"
#include "app/cli/evaluate/interactive_results.h"
#include "app/cli/json_text.h"
#include "app/cli/model_options.h"
#include "core/base/atomic_file.h"
#include "core/chart/chart_file.h"
#include "core/display/contour_overlay.h"
#include "core/inference/preprocessing.h"
#include "core/io/label_reader.h"
#include "core/io/label_writer.h"
#include "core/measure/connected_components.h"
#include "core/measure/segmentation_scores.h"
#include "core/segmentation/answer_plane.h"
#include "core/segmentation/intensity_baseline.h"
#include "core/segmentation/label_export.h"
#include "core/segmentation/truth_objects.h"

namespace cyto::cli {

namespace fs = std::filesystem;

namespace {

// Truth and answer (Okabe and Ito): to be told apart with any kind of colour vision, on dark and on bright images.
constexpr std::array<uint8_t, 3> kTruthColour{86, 180, 233}, kAnswerColour{213, 94, 0};

struct Options {
  EvaluationFiles files;
  ModelOptions model;
  std::string start = "both";
  std::string mask = "with";
  std::string corrections = "centre";
  int rounds = 8;
  bool hasBaselines = false;
  bool separatesComponents = false;
  std::optional<int64_t> channel;
  int64_t objectsPerImage = 0;
  int64_t leastArea = 16;
  uint64_t seed = 1;
  bool asJson = false;
  std::string table;
  fs::path csv;
  fs::path plot;
  fs::path overlays;
};

InteractiveProtocol protocolOf(const Options& options) {
  InteractiveProtocol protocol{{},
                               reportedRounds(options.rounds),
                               *correctionsFromName(options.corrections),
                               options.hasBaselines || !options.table.empty()};
  for (const FirstPrompt first : {FirstPrompt::kPoint, FirstPrompt::kBox}) {
    if (options.start != "both" && options.start != (first == FirstPrompt::kPoint ? "point" : "box")) continue;
    if (options.mask != "without") protocol.courses.push_back({first, true});
    if (options.mask != "with") protocol.courses.push_back({first, false});
  }
  return protocol;
}

/// One plane of an image with its truth.
struct TruePlane {
  std::string name;  ///< the path of the image, and the plane where there are several
  std::string group;
  fs::path image;
  int64_t t = 0;
  int64_t z = 0;
  RgbImage pixels;
  std::vector<TruthObject> objects;
};

class InteractiveEvaluation {
 public:
  explicit InteractiveEvaluation(const Options& options) : options_(options) {
    results_.protocol = protocolOf(options);
    results_.seed = options.seed;
  }

  Result<ExitCode> run(const JobContext& job) {
    CYTO_TRY(checkTargets());
    CYTO_ASSIGN(const auto pairs, findImagesWithLabels(options_.files));
    CYTO_ASSIGN(model_, options_.model.load(job));
    results_.model = model_->identity();
    ProgressReporter progress(job, "images", static_cast<int64_t>(pairs.size()));
    for (const EvaluationPair& pair : pairs) {
      if (Status done = evaluateImage(pair, job); !done)
        return std::move(done).error().during("evaluating '" + pair.input.string() + "'");
      progress.advance();
    }
    if (results_.iou.isEmpty()) {
      return Error(ErrorCode::kInvalidArgument,
                   "the labels have no object of " + std::to_string(options_.leastArea) + " pixels or more");
    }
    CYTO_TRY(report());
    return ExitCode::kDone;
  }

 private:
  using Prepared = std::unique_ptr<PreparedEmbedding>;

  Status checkTargets() const {
    if (!options_.csv.empty()) CYTO_TRY(checkTarget(options_.csv));
    if (!options_.plot.empty()) {
      CYTO_TRY(checkChartPath(options_.plot));
      CYTO_TRY(checkTarget(options_.plot));
    }
    if (options_.overlays.empty()) return {};
    std::error_code failed;
    fs::create_directories(options_.overlays, failed);
    if (!failed) return {};
    return Error(ErrorCode::kIo, "cannot make the folder '" + options_.overlays.string() + "': " + failed.message());
  }

  Status evaluateImage(const EvaluationPair& pair, const JobContext& job) {
    CYTO_ASSIGN(const auto image, io::openImage(pair.input));
    CYTO_ASSIGN(const bool arePlanesChannels, io::hasOnePlaneForMany(pair.labels, "", image->info()));
    Shape shape = image->info().shape;
    if (arePlanesChannels) shape = {1, 1, shape.y, shape.x};
    CYTO_ASSIGN(const io::LabelReader labels, io::LabelReader::open(pair.labels, "", shape));
    for (int64_t t = 0; t < shape.t; ++t) {
      for (int64_t z = 0; z < shape.z; ++z) {
        CYTO_TRY(job.cancel.check());
        TruePlane plane{pair.input.string(), pair.group, pair.input, t, z, {}, {}};
        if (shape.t > 1) plane.name += " t " + std::to_string(t);
        if (shape.z > 1) plane.name += " z " + std::to_string(z);
        const Box box = Box::plane(shape, t, z);
        CYTO_ASSIGN(plane.objects, readTruth(labels, box, job));
        if (plane.objects.empty()) continue;
        CYTO_ASSIGN(plane.pixels, readPixels(*image, arePlanesChannels ? Box::whole(image->info().shape) : box, job));
        CYTO_TRY(evaluatePlane(plane, job));
      }
    }
    return {};
  }

  Result<std::vector<TruthObject>> readTruth(const io::LabelReader& labels, const Box& plane,
                                             const JobContext& job) const {
    std::vector<uint64_t> ids;
    CYTO_TRY(labels.read(plane, ids, {job.cancel, {}}));
    const Shape shape = plane.shape();
    if (options_.separatesComponents) relabelComponents(ids, shape);
    return sampled(objectsOf(ids, shape.y, shape.x, options_.leastArea), options_.objectsPerImage, options_.seed);
  }

  /// One plane; of a box of several, the planes are the channels.
  Result<RgbImage> readPixels(const io::ImageSource& image, const Box& box, const JobContext& job) const {
    CYTO_ASSIGN(const Array pixels, image.read(box, 0, {job.cancel, {}}));
    return stretchToRgb(pixels, options_.channel);
  }

  Status evaluatePlane(const TruePlane& plane, const JobContext& job) {
    CYTO_ASSIGN(Embedding embedding, model_->encoder().encode(plane.pixels, {job.cancel, {}}));
    CYTO_ASSIGN(const Prepared prepared,
                model_->decoder().prepare(std::make_shared<const Embedding>(std::move(embedding))));
    std::vector<std::vector<double>> ious(plane.objects.size());
    std::vector<double> msa;
    for (size_t course = 0; course < results_.protocol.courses.size(); ++course) {
      CYTO_TRY(takeCourse(course, plane, *prepared, ious, msa, job));
    }
    if (results_.protocol.hasBaselines) addBaselines(plane, ious);
    for (const std::vector<double>& values : ious) results_.iou.add(plane.name, plane.group, values);
    results_.msa.add(plane.name, plane.group, msa);
    return {};
  }

  /// Asks for every object of a plane; adds the IoU of each reported round to the values of its object, and the mSA of
  /// all answers together.
  Status takeCourse(size_t index, const TruePlane& plane, const PreparedEmbedding& embedding,
                    std::vector<std::vector<double>>& ious, std::vector<double>& msa, const JobContext& job) {
    const Course& course = results_.protocol.courses[index];
    const std::vector<int>& reported = results_.protocol.reported;
    const Extent2 extent{plane.pixels.rows, plane.pixels.columns};
    std::vector<AnswerPlane> painted(reported.size(), AnswerPlane(extent));
    std::vector<PlaneMask> firstAnswers;
    for (size_t i = 0; i < plane.objects.size(); ++i) {
      CYTO_TRY(job.cancel.check());
      const TruthObject& object = plane.objects[i];
      const SimulatedUser user{course.first, reported.back(), course.feedsBackMask, results_.protocol.corrections,
                               seedOf(object, plane)};
      const auto note = [&](int round, const PlaneMask& answer) {
        if (round == 1 && !options_.overlays.empty()) firstAnswers.push_back(answer);
        const auto found = std::find(reported.begin(), reported.end(), round);
        if (found == reported.end()) return;
        ious[i].push_back(intersectionOverUnion(answer, object.mask));
        painted[static_cast<size_t>(found - reported.begin())].add(object.id, answer);
      };
      CYTO_TRY(simulateUser(model_->decoder(), embedding, object.mask, user, note));
    }
    AnswerPlane truth(extent);
    for (const TruthObject& object : plane.objects) truth.add(object.id, object.mask);
    for (const AnswerPlane& answers : painted) {
      OverlapTable table;
      table.add(truth.ids(), answers.ids());
      msa.push_back(scoreSegmentation(table, segmentationThresholds()).meanSegmentationAccuracy);
    }
    if (firstAnswers.empty() || index != results_.protocol.courseOf(course.first)) return {};
    return writeOverlay(plane, course.first, std::move(firstAnswers));
  }

  /// Another one for every object, the same in every run; the generator does the mixing.
  uint64_t seedOf(const TruthObject& object, const TruePlane& plane) const {
    return options_.seed + (object.id << 20) + (static_cast<uint64_t>(plane.t) << 40) +
           (static_cast<uint64_t>(plane.z) << 52);
  }

  void addBaselines(const TruePlane& plane, std::vector<std::vector<double>>& ious) const {
    const IntensityBaseline otsu(plane.pixels);
    for (size_t i = 0; i < plane.objects.size(); ++i) {
      const PlaneMask& truth = plane.objects[i].mask;
      if (results_.protocol.asksFor(FirstPrompt::kPoint)) {
        ious[i].push_back(intersectionOverUnion(truth, otsu.componentAt(centreClick(truth))));
      }
      if (results_.protocol.asksFor(FirstPrompt::kBox)) {
        ious[i].push_back(intersectionOverUnion(truth, inscribedEllipse(truth.box)));
      }
    }
  }

  Status writeOverlay(const TruePlane& plane, FirstPrompt first, std::vector<PlaneMask> answers) const {
    std::vector<PlaneMask> truth;
    for (const TruthObject& object : plane.objects) truth.push_back(object.mask);
    CYTO_ASSIGN(const Array picture, renderContours(plane.pixels, {{std::move(truth), kTruthColour, 3},
                                                                   {std::move(answers), kAnswerColour}}));
    std::string name = (plane.group.empty() ? "" : plane.group + ".") + plane.image.stem().string();
    std::replace(name.begin(), name.end(), '/', '-');
    if (plane.name != plane.image.string()) {
      name += ".t" + std::to_string(plane.t) + ".z" + std::to_string(plane.z);
    }
    name += first == FirstPrompt::kPoint ? ".point.png" : ".box.png";
    return io::writePng(options_.overlays / name, picture);
  }

  Status report() const {
    if (!options_.csv.empty()) CYTO_TRY(writeFileAtomically(options_.csv, csvText(asTable(results_))));
    if (!options_.plot.empty()) CYTO_TRY(writeChart(options_.plot, asChart(results_)));
    return printResult(options_.asJson           ? jsonText(asJson(results_))
                       : !options_.table.empty() ? markdownText(asModelCard(results_))
                                                 : asText(results_));
  }

  const Options& options_;
  std::unique_ptr<Model> model_;
  InteractiveResults results_;
};

void declareProtocol(CLI::App& command, Options& options) {
  command.add_option("--start", options.start, "first prompt: point, box or both")
      ->check(CLI::IsMember({"point", "box", "both"}));
  command.add_option("--iterations", options.rounds, "first prompt and corrections after it")
      ->check(CLI::Range(1, 100));
  command
      .add_option("--corrections", options.corrections,
                  "centre: one click a round where the error is deepest; pair: one in what is missing and one in what "
                  "is too much; random: such a pair anywhere in the errors, as micro-sam does")
      ->check(CLI::IsMember({"centre", "pair", "random"}));
  command.add_option("--mask", options.mask, "whether corrections hand the last mask back: with, without or both")
      ->check(CLI::IsMember({"with", "without", "both"}));
  command.add_flag("--baselines", options.hasBaselines,
                   "also the Otsu component at the click and the ellipse inscribed in the box");
}

void declareObjects(CLI::App& command, Options& options) {
  command.add_option("images", options.files.inputs, "images, or folders with images and STEM_label.tif files")
      ->required();
  command.add_option("--labels", options.files.labels, "folder with the labels, or the label file of the one image");
  command.add_option("--labels-suffix", options.files.labelsSuffix, "labels are named STEM and this, e.g. _mask.png");
  command.add_flag("--components", options.separatesComponents,
                   "every connected piece of a label is an object, for masks; default: every label is");
  command
      .add_option("--channel", options.channel, "take this channel alone, from 0; default: the first three as colours")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--max-objects-per-image", options.objectsPerImage, "random sample per plane; 0: all")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40));
  command.add_option("--min-area", options.leastArea, "smaller objects, in pixels, are left out")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  command.add_option("--seed", options.seed, "of the sample and of random corrections");
  command.add_option("--group-by", options.files.groupColumn, "column of index.csv in the folder; default: subfolders");
}

void declareReport(CLI::App& command, Options& options) {
  command.add_flag("--json", options.asJson, "one JSON document on stdout");
  command.add_option("--table", options.table, "markdown: the table of a model card on stdout, with the baselines")
      ->check(CLI::IsMember({"markdown"}));
  command.add_option("--csv", options.csv, "file for the measures of every image, group and all");
  command.add_option("--plot", options.plot, ".svg or .png file with the IoU over the number of prompts");
  command.add_option("--overlays", options.overlays,
                     "folder for a picture of each plane: true outlines blue, answers to the first prompt red");
}

}  // namespace

void addEvaluateInteractiveCommand(CLI::App& evaluate, Runner& chosen) {
  CLI::App* command =
      evaluate.add_subcommand("interactive", "Mean IoU of simulated clicks and boxes, and of corrections after them");
  auto options = std::make_shared<Options>();
  declareObjects(*command, *options);
  options->model.declareOn(*command);
  declareProtocol(*command, *options);
  declareReport(*command, *options);
  command->callback([&chosen, options] {
    chosen = [options](const JobContext& job) { return InteractiveEvaluation(*options).run(job); };
  });
}

}  // namespace cyto::cli
