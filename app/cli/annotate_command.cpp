#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "core/base/atomic_file.h"

namespace cyto::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
  std::string image;
  std::string project;
  std::string record;
  ModelOptions model;
};

// The window takes the place of this process, so it gets its signals and gives its exit code.
Error runWindow(const std::vector<std::string>& arguments) {
  std::error_code ignored;
  const fs::path window = fs::read_symlink("/proc/self/exe", ignored).parent_path() / "cytoclick-gui";
  std::vector<char*> words{const_cast<char*>(window.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(window.c_str(), words.data());
  return Error(ErrorCode::kNotFound, "the window program '" + window.string() + "' cannot be started (" +
                                         systemErrorText(errno) + "); install Cytoclick again");
}

Result<ExitCode> annotate(const Options& options) {
  if (!options.image.empty() && !options.project.empty()) {
    return Error(ErrorCode::kInvalidArgument, "name an image or a project, not both; a project knows its image");
  }
  std::vector<std::string> arguments;
  const auto add = [&](const char* option, const std::string& value) {
    if (value.empty()) return;
    arguments.emplace_back(option);
    arguments.push_back(value);
  };
  add("--model", options.model.name);
  add("--checkpoint", options.model.checkpoint.string());
  add("--device", options.model.device);
  add("--precision", options.model.precision);
  if (options.model.threads > 0) add("--threads", std::to_string(options.model.threads));
  add("--record", options.record);
  const std::string& file = options.image.empty() ? options.project : options.image;
  if (!file.empty()) {
    arguments.emplace_back("--");
    arguments.push_back(file);
  }
  return runWindow(arguments);
}

}  // namespace

void addAnnotateCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("annotate", "Open the window on an image or a project");
  auto options = std::make_shared<Options>();
  command->add_option("image", options->image, "an image; work that was done on it before goes on");
  command->add_option("--project", options->project, "a project folder (.cyto)");
  command->add_option("--record", options->record, "write what is done as a script for 'cytoclick run'");
  options->model.declareOn(*command);
  command->callback([&chosen, options] { chosen = [options](const JobContext&) { return annotate(*options); }; });
}

}  // namespace cyto::cli
