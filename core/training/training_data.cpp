#include "core/training/training_data.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/usable_resources.h"
#include "core/training/sample_reading.h"
#include "core/training/validation_choice.h"

namespace cyto {

namespace {

class FileTrainingData : public TrainingData {
 public:
  const std::vector<TrainingSample>& samples() const override { return samples_; }
  const TrainingDataReport& report() const override { return report_; }
  Result<TrainingImage> read(size_t index) const override {
    CYTO_ASSIGN(TrainingImage image, readSample(places_.at(index)));
    image.name = samples_[index].name;
    return image;
  }

  std::vector<SamplePlace> places_;
  std::vector<TrainingSample> samples_;
  TrainingDataReport report_;
};

/// Calls `work(0 … count - 1)` on several threads; a cancel ends it early.
void inParallel(size_t count, int threads, const CancelToken& cancel, const std::function<void(size_t)>& work) {
  const auto workers = static_cast<size_t>(threads > 0 ? threads : usableProcessors());
  std::atomic<size_t> next{0};
  std::vector<std::jthread> pool;
  for (size_t i = 0; i < std::min(workers, count); ++i) {
    pool.emplace_back([&] {
      for (size_t item = next++; item < count && !cancel.isCancelled(); item = next++) work(item);
    });
  }
}

/// A place with what was seen there.
struct Looked {
  SamplePlace place;
  size_t source = 0, file = 0;
  std::optional<Error> problem;
  SampleContent content;
};

Status lookAt(std::vector<Looked>& all, int threads, const JobContext& job) {
  std::mutex reporting;
  ProgressReporter reporter(job, "looking at images", static_cast<int64_t>(all.size()));
  inParallel(all.size(), threads, job.cancel, [&](size_t i) {
    auto content = examineSample(all[i].place);
    if (content) {
      all[i].content = *std::move(content);
    } else {
      all[i].problem = content.error();
    }
    const std::lock_guard lock(reporting);
    reporter.advance();
  });
  return job.cancel.check();
}

struct Opened {
  std::vector<Looked> samples;
  TrainingDataReport report;
};

/// Every sample of every source, not yet looked at.
Result<Opened> placesOf(const TrainingDataOptions& options, const JobContext& job) {
  Opened opened;
  size_t file = 0;
  for (size_t source = 0; source < options.sources.size(); ++source) {
    CYTO_ASSIGN(const AnnotatedFiles files, findAnnotatedFiles(options.sources[source], options.labelEndings));
    for (const auto& image : files.imagesWithoutLabels) opened.report.imagesWithoutLabels.push_back(image.string());
    ProgressReporter reporter(job, "opening images", static_cast<int64_t>(files.pairs.size()));
    for (const AnnotatedFile& pair : files.pairs) {
      CYTO_TRY(job.cancel.check());
      reporter.advance();
      auto places = placesIn(pair, options.sources[source], opened.report);
      if (!places) {
        opened.report.problems.push_back(places.error().message());
        continue;
      }
      for (SamplePlace& place : *places) opened.samples.push_back({std::move(place), source, file, {}, {}});
      ++file;
    }
  }
  opened.report.files = static_cast<int64_t>(file);
  return opened;
}

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<size_t>(std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

/// Sums up what was seen; leaves out what has no objects or cannot be read.
void gather(std::vector<Looked>& looked, FileTrainingData& data, std::vector<ValidationUnit>& units) {
  TrainingDataReport& report = data.report_;
  std::vector<double> sides;
  double seconds = 0;
  for (Looked& one : looked) {
    if (one.problem) {
      report.problems.push_back(one.problem->message());
      continue;
    }
    const SampleContent& content = one.content;
    report.smallObjects += content.smallObjects;
    if (content.objects == 0) {
      report.emptyLabels.push_back(one.place.name());
      continue;
    }
    TrainingSample sample;
    sample.name = one.place.name();
    sample.kind = content.kind;
    sample.rows = one.place.window.height();
    sample.columns = one.place.window.width();
    sample.objects = content.objects;
    const int64_t shorter = std::min(sample.rows, sample.columns), longer = std::max(sample.rows, sample.columns);
    const bool isFirst = data.samples_.empty();
    report.smallestSide = isFirst ? shorter : std::min(report.smallestSide, shorter);
    report.largestSide = std::max(report.largestSide, longer);
    report.fewestObjects = isFirst ? sample.objects : std::min(report.fewestObjects, sample.objects);
    report.mostObjects = std::max(report.mostObjects, sample.objects);
    report.objects += sample.objects;
    report.decoded_bytes += sample.rows * sample.columns * (content.isColour ? 7 : 5);
    sides.insert(sides.end(), content.sides.begin(), content.sides.end());
    seconds += content.seconds;
    units.push_back({one.source, one.file, content.kind});
    data.samples_.push_back(std::move(sample));
    data.places_.push_back(std::move(one.place));
  }
  std::sort(sides.begin(), sides.end());
  for (const double share : {0.0, 0.05, 0.5, 0.95, 1.0}) report.objectSides.push_back(quantile(sides, share));
  report.samples = static_cast<int64_t>(data.samples_.size());
  if (report.samples > 0) report.secondsPerSample = seconds / static_cast<double>(report.samples);
}

void weigh(FileTrainingData& data, const std::vector<ValidationUnit>& units,
           const std::vector<AnnotationSource>& sources) {
  std::map<std::string, int64_t> count;
  for (const TrainingSample& sample : data.samples_) ++count[sample.kind];
  std::vector<double> total(sources.size(), 0);
  for (size_t i = 0; i < units.size(); ++i) {
    TrainingSample& sample = data.samples_[i];
    sample.weight = 1.0 / std::sqrt(static_cast<double>(count[sample.kind]));
    if (!sample.validation) total[units[i].source] += sample.weight;
  }
  const bool hasShares =
      std::any_of(sources.begin(), sources.end(), [](const AnnotationSource& source) { return source.share > 0; });
  double all = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    TrainingSample& sample = data.samples_[i];
    const size_t source = units[i].source;
    const double share = sources[source].share > 0 ? sources[source].share : 1;
    if (hasShares && total[source] > 0) sample.weight *= share / total[source];
    if (!sample.validation) all += sample.weight;
  }
  for (const TrainingSample& sample : data.samples_) {
    TrainingDataReport::Kind& kind = data.report_.kinds[sample.kind];
    ++kind.samples;
    kind.objects += sample.objects;
    kind.validation += sample.validation ? 1 : 0;
    if (!sample.validation && all > 0) kind.drawn += sample.weight / all;
    data.report_.validation += sample.validation ? 1 : 0;
  }
}

}  // namespace

Result<std::unique_ptr<TrainingData>> openTrainingData(const TrainingDataOptions& options, const JobContext& job) {
  if (options.sources.empty()) {
    return Error(ErrorCode::kInvalidArgument, "there is no data to learn from; name a folder with --images");
  }
  CYTO_ASSIGN(Opened opened, placesOf(options, job));
  CYTO_TRY(lookAt(opened.samples, options.threads, job));
  auto data = std::make_unique<FileTrainingData>();
  data->report_ = std::move(opened.report);
  std::vector<ValidationUnit> units;
  gather(opened.samples, *data, units);
  const std::vector<char> kept = chooseValidation(units, options);
  for (size_t i = 0; i < kept.size(); ++i) data->samples_[i].validation = kept[i] != 0;
  weigh(*data, units, options.sources);
  return std::unique_ptr<TrainingData>(std::move(data));
}

Status checkUsable(const TrainingData& data) {
  const TrainingDataReport& report = data.report();
  const auto refused = [](const std::string& sentence) { return Error(ErrorCode::kInvalidArgument, sentence); };
  if (!report.problems.empty()) {
    const size_t others = report.problems.size() - 1;
    return refused(report.problems.front() +
                   (others == 0 ? "" : " (and " + std::to_string(others) + " more files; see --preflight)"));
  }
  if (report.samples == 0) {
    return refused("no image has a labelled object of at least " + std::to_string(kSmallestTrainingObject) +
                   " pixels; there is nothing to learn");
  }
  if (report.samples == report.validation) {
    return refused("all images are kept back for validation; name some to learn from with --images");
  }
  return {};
}

}  // namespace cyto
