#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/json_text.h"
#include "app/cli/project/project_commands.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

struct Options {
  std::string project;
  std::string image;
  std::string key;
  bool asJson = false;
};

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
    CYTO_TRY(printResult(jsonText(document)));
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

}  // namespace

void addOverviewCommands(ProjectCommands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* make = commands.add("create", "Make a project for an image", options->project,
                                [options](const JobContext&) { return create(*options); });
  make->add_option("IMAGE", options->image, "the image")->required();
  make->add_option("--key", options->key, "data set inside a container");
  commands
      .add("info", "What is in a project", options->project, [options](const JobContext&) { return info(*options); })
      ->add_flag("--json", options->asJson, "one JSON document on stdout");
  commands.add("verify", "Check every record and every step, undone ones too", options->project,
               [options](const JobContext& job) { return verify(*options, job); });
}

}  // namespace cyto::cli
