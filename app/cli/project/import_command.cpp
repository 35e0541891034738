#include <CLI/CLI.hpp>

#include "app/cli/project/project_commands.h"
#include "core/project/exchange/label_import.h"
#include "core/project/object_changes.h"

namespace cyto::cli {

namespace {

struct Options {
  std::string project;
  std::filesystem::path labels;
  std::string key;
  std::string as = "objects";
};

Result<ExitCode> importIntoProject(const Options& options, const JobContext& job) {
  CYTO_ASSIGN(const auto project, openForChange(options.project));
  const ImportOptions how{options.key, options.as == "proposals", handMade(), job};
  CYTO_ASSIGN(const LabelImport import, importLabels(project->document(), project->nextId(), options.labels, how));
  if (import.objects > 0) CYTO_TRY(project->perform(import.edit));
  for (const std::string& notice : import.notices) std::fprintf(stderr, "cytoclick: %s\n", notice.c_str());
  CYTO_TRY(printResult(importSummary(import, options.labels)));
  return ExitCode::kDone;
}

}  // namespace

void addImportCommand(ProjectCommands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      commands.add("import", "Take over the labels of another program; one step that can be undone", options->project,
                   [options](const JobContext& job) { return importIntoProject(*options, job); });
  command
      ->add_option("LABELS", options->labels,
                   "label TIFF, OME-Zarr, NPY, PNG or micro-sam commit; what is annotated already stays as it is")
      ->required();
  command->add_option("--key", options->key, "data set inside a container");
  command->add_option("--as", options->as, "objects, or proposals to be looked at first")
      ->check(CLI::IsMember({"objects", "proposals"}));
}

}  // namespace cyto::cli
