#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "app/cli/command.h"
#include "app/cli/json_text.h"
#include "app/cli/sample_folder.h"
#include "core/base/job_queue.h"
#include "core/base/usable_resources.h"
#include "core/synthesis/synthesis.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

constexpr int kFormatVersion = 1;
constexpr auto kIndexInterval = std::chrono::seconds(10);

struct Options {
  std::string output;
  std::string kind;
  int64_t count = 100;
  uint64_t seed = 1;
  std::vector<int64_t> size{256, 256};
  int64_t slices = 1;
  int64_t frames = 1;
  std::string pixelType = "any";
  int threads = 0;
  bool asJson = false;
};

Error usage(const std::string& sentence) { return Error(ErrorCode::kInvalidArgument, sentence); }

bool fits(const synthesis::KindDescription& kind, const Options& options) {
  return (options.slices == 1 || kind.hasVolumes) && (options.frames == 1 || kind.hasSeries);
}

/// The kinds that were asked for; "all" means those that have slices and frames where these are asked for.
Result<std::vector<std::string>> kindsOf(const Options& options) {
  std::vector<std::string> names;
  if (options.kind == "all") {
    for (const synthesis::KindDescription& kind : synthesis::kinds()) {
      if (fits(kind, options)) names.emplace_back(kind.name);
    }
    if (names.empty()) return usage("no kind has both slices and frames; leave out --slices or --frames");
    return names;
  }
  std::stringstream stream(options.kind);
  for (std::string name; std::getline(stream, name, ',');) {
    const synthesis::KindDescription* kind = synthesis::findKind(name);
    if (kind == nullptr) return usage("there is no kind of image named '" + name + "'; see --kind list");
    if (!fits(*kind, options)) {
      return usage("the kind '" + name + "' has no " + (options.slices > 1 && !kind->hasVolumes ? "slices" : "frames") +
                   "; see --kind list for those that have");
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  if (names.empty()) return usage("name a kind of image with --kind; see --kind list");
  return names;
}

std::string kindList(bool asJson) {
  json list = json::array();
  std::string text;
  for (const synthesis::KindDescription& kind : synthesis::kinds()) {
    list.push_back(
        {{"name", kind.name}, {"about", kind.about}, {"slices", kind.hasVolumes}, {"frames", kind.hasSeries}});
    std::string line(kind.name);
    line.resize(24, ' ');
    text += (text.empty() ? "" : "\n") + line + std::string(kind.about);
    if (kind.hasVolumes || kind.hasSeries) {
      text += kind.hasVolumes ? (kind.hasSeries ? " (also slices and frames)" : " (also slices)") : " (also frames)";
    }
  }
  return asJson ? jsonText(list) : text;
}

/// One run: makes what the folder does not hold yet.
class Synthesis {
 public:
  Synthesis(const Options& options, std::vector<std::string> kinds) : options_(options), kinds_(std::move(kinds)) {}

  Result<ExitCode> run(const JobContext& job) {
    CYTO_ASSIGN(folder_, SampleFolder::open(options_.output, settings()));
    for (int64_t i = 0; i < options_.count; ++i) {
      if (!folder_->holds(stemOf(i))) missing_.push_back(i);
    }
    const Status made = makeAll(job);
    // What is finished is listed even when something failed, so that the next run goes on there.
    const Status listed = folder_->writeIndex();
    CYTO_TRY(made);
    CYTO_TRY(listed);
    CYTO_TRY(printResult(summary()));
    return ExitCode::kDone;
  }

 private:
  /// What makes samples of one folder belong together; the number of samples may grow.
  std::string settings() const {
    const json document = {{"format", "cytoclick synthesize"},
                           {"version", kFormatVersion},
                           {"kinds", kinds_},
                           {"seed", options_.seed},
                           {"shape_tzyx", {options_.frames, options_.slices, options_.size[0], options_.size[1]}},
                           {"pixel_type", options_.pixelType}};
    return jsonText(document) + "\n";
  }

  const std::string& kindOf(int64_t i) const { return kinds_[static_cast<size_t>(i) % kinds_.size()]; }

  std::string stemOf(int64_t i) const {
    std::string number = std::to_string(i);
    number.insert(0, 6 - std::min<size_t>(number.size(), 6), '0');
    return kindOf(i) + "-" + number;
  }

  Status makeOne(int64_t i, const CancelToken& cancel) {
    synthesis::SynthesisOptions wanted;
    wanted.kind = kindOf(i);
    wanted.shape = {options_.frames, options_.slices, options_.size[0], options_.size[1]};
    if (options_.pixelType != "any") wanted.pixelType = dtypeFromName(options_.pixelType);
    const uint64_t seed = synthesis::sampleSeed(options_.seed, static_cast<uint64_t>(i));
    CYTO_ASSIGN(const synthesis::SyntheticSample sample, synthesis::synthesize(wanted, seed, cancel));
    return folder_->write(stemOf(i), wanted.kind, seed, sample);
  }

  /// Threads take one sample after the other; this one reports and lists what is done.
  Status makeAll(const JobContext& job) {
    const int threads = options_.threads > 0 ? options_.threads : usableProcessors();
    JobQueue queue(threads);
    for (int i = 0; i < threads; ++i) {
      queue.post(JobPriority::kBatch, [this](const CancelToken& cancel) { work(cancel); });
    }
    ProgressReporter reporter(job, "samples", static_cast<int64_t>(missing_.size()));
    Status status;
    auto lastIndex = std::chrono::steady_clock::now();
    size_t reported = 0;
    while (status && reported < missing_.size()) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(50));
      const size_t done = done_;
      status = failure_ ? Status(*failure_) : job.cancel.check();
      lock.unlock();
      if (done > reported) reporter.advance(static_cast<int64_t>(done - reported));
      reported = done;
      if (status && std::chrono::steady_clock::now() - lastIndex > kIndexInterval) {
        status = folder_->writeIndex();
        lastIndex = std::chrono::steady_clock::now();
      }
    }
    queue.cancelAll();
    queue.waitUntilIdle();
    return status;
  }

  void work(const CancelToken& cancel) {
    while (!cancel.isCancelled()) {
      const size_t next = next_++;
      if (next >= missing_.size()) return;
      const Status made = makeOne(missing_[next], cancel);
      const std::lock_guard guard(mutex_);
      if (!made && !failure_) failure_ = made.error();
      if (made) ++done_;
      changed_.notify_one();
      if (failure_) return;
    }
  }

  std::string summary() const {
    int64_t objects = 0;
    std::map<std::string, int64_t> perKind;
    const auto entries = folder_->entries();
    for (const auto& [stem, entry] : entries) {
      objects += entry.objects;
      ++perKind[entry.kind];
    }
    if (options_.asJson) {
      return jsonText({{"folder", options_.output},
                       {"samples", entries.size()},
                       {"new", missing_.size()},
                       {"objects", objects},
                       {"kinds", perKind}});
    }
    return std::to_string(entries.size()) + " samples with " + std::to_string(objects) + " objects in '" +
           options_.output + "', " + std::to_string(missing_.size()) + " of them new";
  }

  const Options& options_;
  std::vector<std::string> kinds_;
  std::unique_ptr<SampleFolder> folder_;
  std::vector<int64_t> missing_;
  std::atomic<size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t done_ = 0;
  std::optional<Error> failure_;
};

Result<ExitCode> runSynthesis(const Options& options, const JobContext& job) {
  if (options.kind == "list") {
    CYTO_TRY(printResult(kindList(options.asJson)));
    return ExitCode::kDone;
  }
  if (options.output.empty()) return usage("say where to write the samples with -o FOLDER");
  CYTO_ASSIGN(std::vector<std::string> kinds, kindsOf(options));
  return Synthesis(options, std::move(kinds)).run(job);
}

}  // namespace

void addSynthesizeCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand(
      "synthesize", "Make images of cells that do not exist, with exact labels, to train and test on");
  const auto options = std::make_shared<Options>();
  command->add_option("-o,--output", options->output,
                      "folder for images, labels and index.csv; the same command again goes on");
  command->add_option("--kind", options->kind, "kinds with commas between them, all, or list to see them")->required();
  command->add_option("--count", options->count, "samples in the folder; several kinds take turns; default: 100")
      ->check(CLI::Range(int64_t{1}, int64_t{10'000'000}));
  command->add_option("--seed", options->seed, "the same seed gives the same samples; default: 1");
  command->add_option("--size", options->size, "rows and columns; default: 256 256")
      ->expected(2)
      ->check(CLI::Range(synthesis::kLeastSide, int64_t{65536}));
  command->add_option("--slices", options->slices, "slices of a volume; default: 1")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}));
  command->add_option("--frames", options->frames, "frames of a series; default: 1")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}));
  command->add_option("--pixel-type", options->pixelType, "uint8, uint16 or any; default: any")
      ->check(CLI::IsMember({"any", "uint8", "uint16"}));
  command->add_option("--threads", options->threads, "processor threads; default: all")->check(CLI::Range(0, 1024));
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return runSynthesis(*options, job); }; });
}

}  // namespace cyto::cli
