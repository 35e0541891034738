#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "core/session/script.h"

namespace cyto::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
  std::string script;
  std::string project;
  ModelOptions model;
};

Result<ExitCode> runScript(const Options& options, const JobContext& job) {
  std::ifstream file;
  const bool isPiped = options.script == "-";
  if (!isPiped) {
    file.open(options.script);
    std::error_code ignored;
    if (!file || fs::is_directory(options.script, ignored)) {
      return Error(ErrorCode::kNotFound, "the script '" + options.script + "' cannot be read; check the path");
    }
  }
  std::istream& lines = isPiped ? std::cin : file;
  InferenceWorker worker(
      [&](const std::string& nameOrFile, const JobContext& loading) {
        return loadModel(options.model.settings(), nameOrFile, loading);
      },
      {});
  AnnotationSession session(worker);
  Script script(session, worker, printResult);
  if (!options.project.empty()) CYTO_TRY(script.useProject(options.project));
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto next = script.execute(line, job);
    if (!next) {
      if (next.error().code() == ErrorCode::kCancelled) return std::move(next).error();
      return std::move(next).error().during("script '" + options.script + "', line " + std::to_string(number));
    }
    if (*next == Script::Next::kQuit) break;
  }
  return ExitCode::kDone;
}

}  // namespace

void addRunCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("run", "Carry out a script of session commands without a window");
  auto options = std::make_shared<Options>();
  command->add_option("script", options->script, "text file with one command a line; - reads standard input")
      ->required();
  command->add_option("--project", options->project,
                      "a project folder: opened before the first line, or made by the first 'open'");
  options->model.declareOn(*command);
  command->callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return runScript(*options, job); }; });
}

}  // namespace cyto::cli
