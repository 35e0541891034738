#include <CLI/CLI.hpp>
#include <ctime>

#include "app/cli/project/collaboration_commands.h"
#include "app/cli/project/project_commands.h"

namespace cyto::cli {

CLI::App* ProjectCommands::add(const std::string& name, const std::string& help, std::string& project, Work work) {
  CLI::App* part = command_.add_subcommand(name, help);
  part->add_option("PROJECT", project, "project folder (.cyto)")->required();
  part->callback([&chosen = chosen_, work = std::move(work)] { chosen = work; });
  return part;
}

Result<std::unique_ptr<Project>> openForChange(const std::string& folder) {
  CYTO_ASSIGN(auto project, Project::open(folder));
  if (!project->readOnlyReason().empty()) return Error(ErrorCode::kInvalidArgument, project->readOnlyReason());
  return project;
}

std::string localTime(int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char line[32];
  std::strftime(line, sizeof line, "%Y-%m-%d %H:%M:%S", &parts);
  return line;
}

void addProjectCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("project", "Look into projects, take steps back, import, export");
  command->require_subcommand(1);
  ProjectCommands commands(*command, chosen);
  addOverviewCommands(commands);
  addHistoryCommands(commands);
  addExportCommand(commands);
  addImportCommand(commands);
  addReportCommands(commands);
  addMergeCommand(*command, chosen);
  addRelinkCommand(*command, chosen);
  addReplayCommand(*command, chosen);
}

}  // namespace cyto::cli
