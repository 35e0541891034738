#include <CLI/CLI.hpp>

#include "app/cli/project/project_commands.h"
#include "core/segmentation/label_export.h"

namespace cyto::cli {

namespace {

struct Options {
  std::string project;
  std::string target;
};

Result<ExitCode> exportLabels(const Options& options) {
  CYTO_ASSIGN(const LabelFormat format, labelFormatFromPath(options.target));
  CYTO_TRY(checkTarget(options.target));
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  CYTO_ASSIGN(const Array labels, project->document().labels.toArray());
  CYTO_TRY(writeLabels(options.target, format, labels, project->document().settings.scale));
  return ExitCode::kDone;
}

}  // namespace

void addExportCommand(ProjectCommands& commands) {
  auto options = std::make_shared<Options>();
  commands
      .add("export", "Write the labels; the suffix decides: .tif, .png, .zarr", options->project,
           [options](const JobContext&) { return exportLabels(*options); })
      ->add_option("LABELS", options->target, "label image to write")
      ->required();
}

}  // namespace cyto::cli
