#include <CLI/CLI.hpp>

#include "app/cli/project/project_commands.h"
#include "core/project/exchange/english.h"
#include "core/project/exchange/methods_text.h"
#include "core/project/exchange/provenance_json.h"
#include "core/project/exchange/provenance_report.h"

namespace cyto::cli {

namespace {

struct Options {
  std::string project;
  bool asJson = false;
};

/// One object as a line for people.
std::string lineOf(const ObjectRecord& object) {
  const Provenance& provenance = object.provenance;
  std::vector<std::string> parts{"object " + std::to_string(object.id), stateName(object.state)};
  if (!object.className.empty()) parts.push_back("class " + object.className);
  parts.push_back(counted(object.area, "pixel"));
  const auto points = static_cast<int64_t>(provenance.prompts.points.size());
  const auto boxes = static_cast<int64_t>(provenance.prompts.boxes.size());
  if (points > 0) parts.push_back(counted(points, "point"));
  if (boxes > 0) parts.push_back(std::to_string(boxes) + (boxes == 1 ? " box" : " boxes"));
  if (!provenance.model.empty()) parts.push_back("model " + provenance.model + " " + provenance.weightsHash);
  if (!provenance.program.empty()) parts.push_back(provenance.program);
  if (!provenance.user.empty()) parts.push_back("by " + provenance.user);
  if (provenance.time_us > 0) parts.push_back(localTime(provenance.time_us));
  if (!provenance.source.empty()) parts.push_back("from '" + provenance.source + "'");
  std::string line;
  for (const std::string& part : parts) line += (line.empty() ? "" : ", ") + part;
  return line;
}

Result<ExitCode> provenance(const Options& options) {
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  const Document& document = project->document();
  std::string text;
  if (options.asJson) {
    text = provenanceReport(document, {project->folder(), project->image(), {}});
  } else {
    for (const auto& [id, object] : document.objects) text += (text.empty() ? "" : "\n") + lineOf(*object);
    if (text.empty()) text = "there are no objects";
  }
  CYTO_TRY(printResult(text));
  return ExitCode::kDone;
}

Result<ExitCode> methods(const Options& options) {
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  CYTO_TRY(printResult(methodsParagraph(project->document(), project->image())));
  return ExitCode::kDone;
}

}  // namespace

void addReportCommands(ProjectCommands& commands) {
  auto options = std::make_shared<Options>();
  commands
      .add("provenance", "How each object was made, by whom, when, with what", options->project,
           [options](const JobContext&) { return provenance(*options); })
      ->add_flag("--json", options->asJson, "one JSON document on stdout");
  commands.add("methods", "A paragraph for the methods section of a paper", options->project,
               [options](const JobContext&) { return methods(*options); });
}

}  // namespace cyto::cli
