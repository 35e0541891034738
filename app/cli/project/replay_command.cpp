#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/cli/json_text.h"
#include "app/cli/model_options.h"
#include "app/cli/project/collaboration_commands.h"
#include "core/session/replay.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

struct Options {
  std::string project;
  std::string target;
  std::optional<uint64_t> to;
  ModelOptions model;
  bool asJson = false;
};

json jsonOf(const ReplayReport& report) {
  json differences = json::array();
  for (const StepDifference& step : report.differences) {
    differences.push_back({{"sequence", step.sequence}, {"label", step.label}, {"iou", step.iou}});
  }
  json objects = json::array();
  for (const ReplayedObject& object : report.objects) objects.push_back({{"id", object.id}, {"iou", object.iou}});
  return {{"steps", report.steps},
          {"masks", report.masks},
          {"recorded_model", report.hasRecordedModel},
          {"identical", report.isIdentical()},
          {"recorded_hash", report.recordedHash},
          {"state_hash", report.replayedHash},
          {"differences", std::move(differences)},
          {"recorded_objects", report.recordedObjects},
          {"replayed_objects", report.replayedObjects},
          {"mean_iou", report.meanIou()},
          {"worst_iou", report.worstIou()},
          {"objects", std::move(objects)},
          {"notices", report.notices}};
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

std::string comparison(const ReplayReport& report) {
  std::string lines = "objects   " + std::to_string(report.recordedObjects) + " recorded, " +
                      std::to_string(report.replayedObjects) + " replayed; IoU " + rounded(report.meanIou()) +
                      " in the mean, " + rounded(report.worstIou()) + " at worst";
  for (const ReplayedObject& object : report.objects) {
    lines += "\nobject    " + std::to_string(object.id) + "  IoU " + rounded(object.iou);
  }
  return lines;
}

std::string linesOf(const ReplayReport& report) {
  std::string lines;
  for (const std::string& notice : report.notices) lines += "notice    " + notice + "\n";
  lines += "steps     " + std::to_string(report.steps) + ", " + std::to_string(report.masks) + " masks made again\n";
  if (!report.hasRecordedModel) {
    lines += comparison(report);
  } else if (report.isIdentical()) {
    lines += "result    identical";
  } else {
    lines += "result    different, recorded was " + report.recordedHash;
  }
  for (const StepDifference& step : report.differences) {
    lines += "\nstep      " + std::to_string(step.sequence) + "  " + step.label + "  IoU " + rounded(step.iou);
  }
  return lines + "\nstate     " + report.replayedHash;
}

Result<ExitCode> replay(const Options& options, const JobContext& job) {
  CYTO_ASSIGN(const auto project, Project::openForReading(options.project));
  ModelSettings settings = options.model.settings();
  ReplayOptions how;
  how.to = options.to.value_or(project->history().current());
  how.hasOwnModel = !settings.name.empty() || !settings.checkpoint.empty();
  // A model that is named alone may be a file, which only what is asked of the loader can be.
  if (settings.checkpoint.empty()) how.ownModel = std::exchange(settings.name, {});
  InferenceWorker worker([settings](const std::string& nameOrFile,
                                    const JobContext& loading) { return loadModel(settings, nameOrFile, loading); },
                         {});
  CYTO_ASSIGN(const ReplayReport report, replayProject(*project, options.target, worker, how, job));
  CYTO_TRY(printResult(options.asJson ? jsonText(jsonOf(report)) : linesOf(report)));
  const bool isAsRecorded = !report.hasRecordedModel || report.isIdentical();
  return isAsRecorded ? ExitCode::kDone : ExitCode::kPartlyFailed;
}

}  // namespace

void addReplayCommand(CLI::App& project, Runner& chosen) {
  CLI::App* command =
      project.add_subcommand("replay", "Do all steps again, masks from their prompts, and compare the result");
  auto options = std::make_shared<Options>();
  command->add_option("PROJECT", options->project, "project folder (.cyto), only read")->required();
  command->add_option("-o,--output", options->target, "the project to make; it must not exist")->required();
  command->add_option("--to", options->to, "the step to end at; default: where the project stands");
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  options->model.declareOn(*command);
  command->callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return replay(*options, job); }; });
}

}  // namespace cyto::cli
