#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "core/project/project.h"

namespace cyto::cli {

/// Takes the subcommands of `cytoclick project`. Each group of them is a file of this folder with one add…Commands
/// function, which is declared below and called in project_command.cpp.
class ProjectCommands {
 public:
  using Work = std::function<Result<ExitCode>(const JobContext& job)>;

  ProjectCommands(CLI::App& command, Runner& chosen) : command_(command), chosen_(chosen) {}

  /// Declares `cytoclick project NAME PROJECT`. The folder is stored in `project`, which `work` must keep alive.
  /// Further options may be added to what is returned.
  CLI::App* add(const std::string& name, const std::string& help, std::string& project, Work work);

 private:
  CLI::App& command_;
  Runner& chosen_;
};

/// create, info, verify
void addOverviewCommands(ProjectCommands& commands);
/// history, undo, redo
void addHistoryCommands(ProjectCommands& commands);
void addExportCommand(ProjectCommands& commands);
void addImportCommand(ProjectCommands& commands);
/// provenance, methods
void addReportCommands(ProjectCommands& commands);

/// Opened for changing it: a project that can only be looked at is refused.
Result<std::unique_ptr<Project>> openForChange(const std::string& folder);

/// "2025-03-09 14:05:12" in the time zone of the machine.
std::string localTime(int64_t time_us);

}  // namespace cyto::cli
