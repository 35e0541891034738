#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/project/collaboration_commands.h"
#include "core/project/project.h"
#include "core/segmentation/label_export.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

struct Options {
  std::string project;
  std::string image;
  std::string key;
  std::string target;
  int64_t steps = 1;
  bool asJson = false;
};

std::string text(const json& document) { return document.dump(2, ' ', false, json::error_handler_t::replace); }

/// Opened for changing it: a project that can only be looked at is refused.
Result<std::unique_ptr<Project>> openForChange(const Options& options) {
  CYTO_ASSIGN(auto project, Project::open(options.project));
  if (!project->readOnlyReason().empty()) return Error(ErrorCode::kInvalidArgument, project->readOnlyReason());
  return project;
}

Result<ExitCode> create(const Options& options) {
  CYTO_ASSIGN(const auto image, io::openImage(options.image, {options.key}));
  CYTO_TRY(Project::create(options.project, referenceTo(options.image, image->info())));
  return ExitCode::kDone;
}

Result<ExitCode> info(const Options& options) {
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  const ImageReference& image = project->image();
  const json document = {
      {"sequence", project->lastSequence()},
      {"step", project->history().current()},
      {"steps", project->history().steps().size()},
      {"state_hash", stateHash(project->document())},
      {"images", json::array({{{"path", image.path.string()},
                               {"content_hash", image.contentHash},
                               {"shape", {image.shape.t, image.shape.z, image.shape.y, image.shape.x}}}})},
      {"objects", project->document().objects.size()},
      {"tracks", 0},
      {"clean", project->notices().empty()},
      {"notices", project->notices()}};
  if (options.asJson) {
    CYTO_TRY(printResult(text(document)));
    return ExitCode::kDone;
  }
  std::string lines = options.project + "\nimage     " + image.path.string() + " " + image.shape.text() +
                      "\nobjects   " + std::to_string(project->document().objects.size()) + "\nsteps     " +
                      std::to_string(project->history().steps().size()) + ", stands on " +
                      std::to_string(project->history().current()) + "\nstate     " + stateHash(project->document());
  for (const std::string& notice : project->notices()) lines += "\nnotice    " + notice;
  CYTO_TRY(printResult(lines));
  return ExitCode::kDone;
}

Result<ExitCode> verify(const Options& options, const JobContext& job) {
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  CYTO_TRY(project->verify(job));
  CYTO_TRY(printResult("all " + std::to_string(project->lastSequence()) + " records and " +
                       std::to_string(project->history().steps().size()) + " steps are whole"));
  return ExitCode::kDone;
}

std::string localTime(int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char line[32];
  std::strftime(line, sizeof line, "%Y-%m-%d %H:%M:%S", &parts);
  return line;
}

Result<ExitCode> history(const Options& options) {
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  json all = json::array();
  std::string lines;
  for (const HistoryStep& step : project->history().steps()) {
    const bool isCurrent = step.sequence == project->history().current();
    all.push_back({{"sequence", step.sequence},
                   {"parent", step.parent},
                   {"time_us", step.time_us},
                   {"label", step.label},
                   {"t", step.t},
                   {"z", step.z},
                   {"automatic", step.isAutomatic},
                   {"current", isCurrent}});
    lines += (lines.empty() ? "" : "\n") + std::string(isCurrent ? "> " : "  ") + std::to_string(step.sequence) +
             "  after " + std::to_string(step.parent) + "  " + localTime(step.time_us) + "  " + step.label;
  }
  if (lines.empty()) lines = "nothing was done yet";
  CYTO_TRY(printResult(options.asJson ? text(all) : lines));
  return ExitCode::kDone;
}

Result<ExitCode> walk(const Options& options, Status (Project::*step)()) {
  CYTO_ASSIGN(const auto project, openForChange(options));
  for (int64_t i = 0; i < options.steps; ++i) {
    if (Status done = (project.get()->*step)(); !done) {
      return Error(done.error().code(), done.error().message() + " after " + std::to_string(i) + " of " +
                                            std::to_string(options.steps) + " steps");
    }
  }
  CYTO_TRY(printResult("stands on step " + std::to_string(project->history().current()) + "\n" +
                       stateHash(project->document())));
  return ExitCode::kDone;
}

Result<ExitCode> exportLabels(const Options& options) {
  CYTO_ASSIGN(const LabelFormat format, labelFormatFromPath(options.target));
  CYTO_TRY(checkTarget(options.target));
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  CYTO_ASSIGN(const Array labels, project->document().labels.toArray());
  CYTO_TRY(writeLabels(options.target, format, labels, project->document().settings.scale));
  return ExitCode::kDone;
}

}  // namespace

void addProjectCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("project", "Look into projects, take steps back, export");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  using Work = Result<ExitCode> (*)(const Options&);
  const auto add = [&](const char* name, const char* help, std::function<Result<ExitCode>(const JobContext&)> work) {
    CLI::App* part = command->add_subcommand(name, help);
    part->add_option("PROJECT", options->project, "project folder (.cyto)")->required();
    part->callback([&chosen, work = std::move(work)] { chosen = work; });
    return part;
  };
  const auto plain = [options](Work work) { return [options, work](const JobContext&) { return work(*options); }; };
  CLI::App* make = add("create", "Make a project for an image", plain(create));
  make->add_option("IMAGE", options->image, "the image")->required();
  make->add_option("--key", options->key, "data set inside a container");
  add("info", "What is in a project", plain(info))->add_flag("--json", options->asJson, "one JSON document on stdout");
  add("verify", "Check every record and every step, undone ones too",
      [options](const JobContext& job) { return verify(*options, job); });
  add("history", "List all steps", plain(history))->add_flag("--json", options->asJson, "one JSON document on stdout");
  add("undo", "Take user steps back", [options](const JobContext&) { return walk(*options, &Project::undo); })
      ->add_option("STEPS", options->steps, "how many; 1 by default")
      ->check(CLI::PositiveNumber);
  add("redo", "Do user steps again", [options](const JobContext&) { return walk(*options, &Project::redo); })
      ->add_option("STEPS", options->steps, "how many; 1 by default")
      ->check(CLI::PositiveNumber);
  add("export", "Write the labels; the suffix decides: .tif, .png, .zarr", plain(exportLabels))
      ->add_option("LABELS", options->target, "label image to write")
      ->required();
  addMergeCommand(*command, chosen);
  addRelinkCommand(*command, chosen);
  addReplayCommand(*command, chosen);
}

}  // namespace cyto::cli
