#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/json_text.h"
#include "app/cli/project/project_commands.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

struct Options {
  std::string project;
  int64_t steps = 1;
  bool asJson = false;
};

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
  CYTO_TRY(printResult(options.asJson ? jsonText(all) : lines));
  return ExitCode::kDone;
}

Result<ExitCode> walk(const Options& options, Status (Project::*step)()) {
  CYTO_ASSIGN(const auto project, openForChange(options.project));
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

}  // namespace

void addHistoryCommands(ProjectCommands& commands) {
  auto options = std::make_shared<Options>();
  commands
      .add("history", "List all steps", options->project, [options](const JobContext&) { return history(*options); })
      ->add_flag("--json", options->asJson, "one JSON document on stdout");
  const auto addWalk = [&](const char* name, const char* help, Status (Project::*step)()) {
    commands.add(name, help, options->project, [options, step](const JobContext&) { return walk(*options, step); })
        ->add_option("STEPS", options->steps, "how many; 1 by default")
        ->check(CLI::PositiveNumber);
  };
  addWalk("undo", "Take user steps back", &Project::undo);
  addWalk("redo", "Do user steps again", &Project::redo);
}

}  // namespace cyto::cli
