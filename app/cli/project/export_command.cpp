#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/cli/project/project_commands.h"
#include "core/project/exchange/english.h"
#include "core/project/exchange/provenance_report.h"
#include "core/session/session_export.h"

namespace cyto::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
  std::string project;
  fs::path labels;      // PROJECT LABELS, where the suffix decides
  fs::path output;      // or -o LABELS
  std::string format;   // or what the user names
  fs::path provenance;  // side-car
  bool overwrites = false;
};

Result<fs::path> targetOf(const Options& options) {
  if (options.labels.empty() == options.output.empty()) {
    return Error(ErrorCode::kInvalidArgument, "name the label file once: 'project export PROJECT LABELS', or with -o");
  }
  return options.labels.empty() ? options.output : options.labels;
}

Status checkFree(const fs::path& path, bool overwrites) {
  CYTO_TRY(checkTarget(path));
  std::error_code failed;
  if (overwrites || !fs::exists(fs::symlink_status(path, failed))) return {};
  return Error(ErrorCode::kInvalidArgument,
               "'" + path.string() + "' exists already; choose another name, or add --overwrite to replace it");
}

Status writeSideCar(const Options& options, const fs::path& labels, const Project& project) {
  std::error_code failed;
  const ProvenanceContext context{project.folder(), project.image(), fs::absolute(labels, failed).lexically_normal()};
  return writeProvenance(options.provenance, project.document(), context, options.overwrites);
}

std::string summaryOf(const Document& document, const fs::path& target) {
  const auto count = std::count_if(document.objects.begin(), document.objects.end(),
                                   [](const auto& entry) { return entry.second->state != ObjectState::kProposal; });
  return counted(count, "object") + " written to '" + target.string() + "'; read back, the labels are the same";
}

Result<ExitCode> exportLabels(const Options& options, const JobContext& job) {
  CYTO_ASSIGN(const fs::path target, targetOf(options));
  CYTO_ASSIGN(const LabelFormat format,
              options.format.empty() ? labelFormatFromPath(target) : labelFormatFromName(options.format));
  CYTO_TRY(checkFree(target, options.overwrites));
  if (!options.provenance.empty()) CYTO_TRY(checkFree(options.provenance, options.overwrites));
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  std::vector<std::string> notices;
  CYTO_TRY(exportLabelsOf(project->document(), project->image(), target, format, options.overwrites, notices, job));
  if (!options.provenance.empty()) CYTO_TRY(writeSideCar(options, target, *project));
  for (const std::string& notice : notices) std::fprintf(stderr, "cytoclick: %s\n", notice.c_str());
  CYTO_TRY(printResult(summaryOf(project->document(), target)));
  return ExitCode::kDone;
}

}  // namespace

void addExportCommand(ProjectCommands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add("export", "Write the labels, and read them back to be sure", options->project,
                                   [options](const JobContext& job) { return exportLabels(*options, job); });
  command->add_option("LABELS", options->labels,
                      "label image to write; without --format the suffix decides: .tif, .png, .zarr (OME-Zarr), .npy");
  command->add_option("-o,--output", options->output, "the same, as an option");
  command->add_option("--format", options->format, "tiff, ome-zarr, micro-sam, npy or png");
  command->add_option("--provenance", options->provenance, "also write a JSON file that says how each object was made");
  command->add_flag("--overwrite", options->overwrites, "replace files that exist");
}

}  // namespace cyto::cli
