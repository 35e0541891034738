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
  std::string target;
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
  const ObjectCounts counts = countObjects(project->document().objects);
  const json document = {
      {"sequence", project->lastSequence()},
      {"step", project->history().current()},
      {"steps", project->history().steps().size()},
      {"state_hash", stateHash(project->document())},
      {"images", json::array({{{"path", image.path.string()},
                               {"content_hash", image.contentHash},
                               {"shape", {image.shape.t, image.shape.z, image.shape.y, image.shape.x}}}})},
      {"objects", counts.objects},
      {"verified", counts.verified},
      {"proposals", counts.proposals},
      {"tracks", 0},
      {"clean", project->notices().empty()},
      {"notices", project->notices()}};
  if (options.asJson) {
    CYTO_TRY(printResult(jsonText(document)));
    return ExitCode::kDone;
  }
  std::string lines = options.project + "\nimage     " + image.path.string() + " " + image.shape.text() +
                      "\nobjects   " + std::to_string(counts.objects) + ", " + std::to_string(counts.verified) +
                      " of them verified\nproposals " + std::to_string(counts.proposals) + "\nsteps     " +
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

uintmax_t bytesIn(const std::filesystem::path& folder) {
  uintmax_t bytes = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, failed)) {
    if (entry.is_regular_file(failed)) bytes += entry.file_size(failed);
  }
  return bytes;
}

Result<ExitCode> compact(const Options& options) {
  CYTO_ASSIGN(const auto project, openForChange(options.project));
  const uintmax_t before = bytesIn(project->folder());
  CYTO_TRY(project->compact());
  CYTO_TRY(printResult(std::to_string(before) + " bytes before, " + std::to_string(bytesIn(project->folder())) +
                       " after; every step can still be reached"));
  return ExitCode::kDone;
}

Result<ExitCode> repair(const Options& options) {
  CYTO_ASSIGN(const auto project, Project::open(options.project));
  std::string lines;
  for (const Damage& damage : project->damages()) lines += damage.text() + "\n";
  CYTO_TRY(project->copyTo(options.target));
  CYTO_ASSIGN(const auto copy, Project::open(options.target));
  CYTO_TRY(copy->verify({}));
  if (lines.empty()) lines = "nothing is damaged\n";
  CYTO_TRY(printResult(lines + "the copy '" + options.target + "' has " +
                       std::to_string(copy->history().steps().size()) + " steps and the state " +
                       stateHash(copy->document())));
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
  commands.add("compact", "Make the folder small and fast to open; drops no step", options->project,
               [options](const JobContext&) { return compact(*options); });
  commands
      .add("repair", "Write a whole copy of what can be read of a damaged project", options->project,
           [options](const JobContext&) { return repair(*options); })
      ->add_option("-o,--output", options->target, "project folder to make")
      ->required();
}

}  // namespace cyto::cli
