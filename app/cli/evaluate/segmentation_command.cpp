#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/evaluate/evaluate_commands.h"
#include "app/cli/evaluate/evaluation_set.h"
#include "app/cli/evaluate/label_comparison.h"
#include "app/cli/evaluate/segmentation_results.h"
#include "app/cli/json_text.h"
#include "core/base/atomic_file.h"
#include "core/chart/chart_file.h"
#include "core/segmentation/label_export.h"

namespace cyto::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
  EvaluationFiles files;
  std::string key;
  std::string labelsKey;
  bool separatesComponents = false;
  bool asJson = false;
  fs::path csv;
  fs::path plot;
};

/// Where the prediction for an image comes from; `truth` is what it is compared with.
using PredictionSource = std::function<Result<PredictedIds>(const EvaluationPair& pair, const io::LabelReader& truth,
                                                            const JobContext& job)>;

class SegmentationEvaluation {
 public:
  explicit SegmentationEvaluation(const Options& options) : options_(options) {}

  Result<ExitCode> run(const std::vector<EvaluationPair>& pairs, const PredictionSource& predict,
                       const JobContext& job) {
    CYTO_TRY(checkTargets());
    ProgressReporter progress(job, "images", static_cast<int64_t>(pairs.size()));
    for (const EvaluationPair& pair : pairs) {
      if (Status done = evaluate(pair, predict, job); !done)
        return std::move(done).error().during("comparing '" + pair.input.string() + "' with '" + pair.labels.string() +
                                              "'");
      progress.advance();
    }
    CYTO_TRY(report());
    return ExitCode::kDone;
  }

 private:
  Status checkTargets() const {
    if (!options_.csv.empty()) CYTO_TRY(checkTarget(options_.csv));
    if (options_.plot.empty()) return {};
    CYTO_TRY(checkChartPath(options_.plot));
    return checkTarget(options_.plot);
  }

  Status evaluate(const EvaluationPair& pair, const PredictionSource& predict, const JobContext& job) {
    CYTO_ASSIGN(const auto truth, io::LabelReader::open(pair.labels, options_.labelsKey));
    CYTO_ASSIGN(const PredictedIds prediction, predict(pair, truth, job));
    CYTO_ASSIGN(const auto tables, compareLabels(truth, prediction, options_.separatesComponents, job));
    for (size_t t = 0; t < tables.size(); ++t) {
      const std::string name = pair.input.string() + (tables.size() > 1 ? " t " + std::to_string(t) : "");
      results_.add(name, pair.group, scoreSegmentation(tables[t], segmentationThresholds()));
    }
    return {};
  }

  Status report() const {
    if (!options_.csv.empty()) CYTO_TRY(writeFileAtomically(options_.csv, csvText(results_.asTable())));
    if (!options_.plot.empty()) CYTO_TRY(writeChart(options_.plot, results_.asChart()));
    return printResult(options_.asJson ? jsonText(results_.asJson()) : results_.asText());
  }

  const Options& options_;
  SegmentationResults results_;
};

Result<ExitCode> compareFiles(const Options& options, const JobContext& job) {
  CYTO_ASSIGN(const auto pairs, findPredictionsWithLabels(options.files));
  const auto fromFile = [&](const EvaluationPair& pair, const io::LabelReader& truth,
                            const JobContext&) -> Result<PredictedIds> {
    CYTO_ASSIGN(auto opened, io::LabelReader::open(pair.input, options.key, truth.shape()));
    const auto file = std::make_shared<io::LabelReader>(std::move(opened));
    return PredictedIds([file](const Box& box, std::vector<uint64_t>& ids, const JobContext& reading) {
      return file->read(box, ids, reading);
    });
  };
  return SegmentationEvaluation(options).run(pairs, fromFile, job);
}

}  // namespace

void addEvaluateSegmentationCommand(CLI::App& evaluate, Runner& chosen) {
  CLI::App* command = evaluate.add_subcommand(
      "segmentation", "SA, mSA, precision, recall, F1, IoU and Dice of label files, image by image");
  auto options = std::make_shared<Options>();
  command->add_option("predictions", options->files.inputs, "predicted label files, or folders of them")->required();
  command->add_option("--labels,--truth", options->files.labels, "the true label file, or the folder of files by name")
      ->required();
  command->add_option("--labels-suffix", options->files.labelsSuffix,
                      "true labels in a folder are named STEM and this, e.g. _mask.png");
  command->add_option("--key", options->key, "dataset inside predicted HDF5, zarr or N5 files");
  command->add_option("--labels-key", options->labelsKey, "dataset inside true HDF5, zarr or N5 files");
  command->add_flag("--components", options->separatesComponents,
                    "every connected piece of a true label is an object, for masks; default: every label is");
  command->add_option("--group-by", options->files.groupColumn,
                      "column of index.csv in the folder of the truth; default: its subfolders");
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->add_option("--csv", options->csv, "file for the measures of every image, group and all");
  command->add_option("--plot", options->plot, ".svg or .png file with the SA over the thresholds");
  command->callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return compareFiles(*options, job); }; });
}

}  // namespace cyto::cli
