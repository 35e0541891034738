#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/project/collaboration_commands.h"
#include "core/project/folder/image_search.h"
#include "core/project/project.h"

namespace cyto::cli {

namespace {

struct Options {
  std::string project;
  std::string place;
  bool force = false;
};

Result<ExitCode> relink(const Options& options) {
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  if (!project->readOnlyReason().empty()) return Error(ErrorCode::kInvalidArgument, project->readOnlyReason());
  const ImageReference before = project->image();
  CYTO_ASSIGN(const ImageReference now, imageAt(before, options.place, options.force));
  CYTO_TRY(project->relink(now));
  std::string lines = "image     " + now.path.string() + " " + now.shape.text();
  if (!before.contentHash.empty() && now.contentHash != before.contentHash) {
    lines += "\nwarning   its content is not that of the image this project was made for; check that the labels fit it";
  }
  CYTO_TRY(printResult(lines));
  return ExitCode::kDone;
}

}  // namespace

void addRelinkCommand(CLI::App& project, Runner& chosen) {
  CLI::App* command = project.add_subcommand("relink", "Say where the image of a project is now");
  auto options = std::make_shared<Options>();
  command->add_option("PROJECT", options->project, "project folder (.cyto)")->required();
  command->add_option("IMAGE", options->place, "the image, or a folder that it is in")->required();
  command->add_flag("--force", options->force, "take an image of the same size whose content differs");
  command->callback([&chosen, options] { chosen = [options](const JobContext&) { return relink(*options); }; });
}

}  // namespace cyto::cli
