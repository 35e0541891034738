#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/progress_printer.h"
#include "core/base/cancel.h"
#include "core/base/log.h"
#include "core/base/version.h"
#include "core/inference/engine.h"

namespace cyto::cli {

Status printResult(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fputc('\n', stdout) != EOF &&
      std::fflush(stdout) == 0) {
    return {};
  }
  return Error(ErrorCode::kIo, "the result cannot be written to standard output");
}

namespace {

const CancelSource& interrupt() {
  static const CancelSource source;
  return source;
}

// The first signal asks for an orderly end; a second one ends at once, as users expect of Ctrl-C.
void onInterrupt(int signal) {
  interrupt().cancel();
  std::signal(signal, SIG_DFL);
}

void installSignalHandlers() {
  interrupt();
  std::signal(SIGINT, onInterrupt);
  std::signal(SIGTERM, onInterrupt);
  std::signal(SIGPIPE, SIG_IGN);
}

ExitCode exitCodeOf(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCancelled: return ExitCode::kCancelled;
    case ErrorCode::kInvalidArgument: return ExitCode::kUsage;
    default: return ExitCode::kFailed;
  }
}

ExitCode report(const Error& error) {
  if (error.code() == ErrorCode::kCancelled) {
    std::fprintf(stderr, "cytoclick: stopped; run the same command again to go on\n");
  } else {
    std::fprintf(stderr, "cytoclick: %s\n", error.message().c_str());
    log::error(error.message());
  }
  return exitCodeOf(error);
}

void declareCommands(CLI::App& app, Runner& chosen) {
  addInfoCommand(app, chosen);
  addModelsCommand(app, chosen);
  addInspectCommand(app, chosen);
  addPrecomputeEmbeddingsCommand(app, chosen);
#ifdef CYTOCLICK_HAS_SEGMENTATION
  addSegmentCommand(app, chosen);
  addSegmentAutoCommand(app, chosen);
  addEvaluateCommand(app, chosen);
  addBenchmarkCommand(app, chosen);
  addRunCommand(app, chosen);
  addAnnotateCommand(app, chosen);
  addProjectCommand(app, chosen);
  addSynthesizeCommand(app, chosen);
#endif
  addTrainCommand(app, chosen);
}

/// What is wrong with the words the user typed, as one sentence.
std::string usageSentence(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  const bool isWord = !first.empty() && first[0] != '-';
  const auto commands = app.get_subcommands([&](const CLI::App* command) { return command->get_name() == first; });
  if (isWord && commands.empty()) return "'" + first + "' is not a command";
  std::string sentence = error.what();
  std::replace(sentence.begin(), sentence.end(), '\n', ' ');
  return sentence;
}

ExitCode run(const Runner& chosen, bool quiet) {
  installSignalHandlers();
  ProgressPrinter printer(quiet);
  JobContext job;
  job.cancel = interrupt().token();
  job.progress = [&](const Progress& progress) { printer.show(progress); };
  const Result<ExitCode> result = chosen(job);
  printer.endLine();
  return result ? *result : report(result.error());
}

/// `cytoclick FILE` is `cytoclick annotate FILE`.
std::vector<std::string> wordsOf(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::error_code ignored;
  const bool isFile = words.size() == 1 && std::filesystem::exists(words[0], ignored);
  const auto isCommand = [&](const CLI::App* command) { return command->get_name() == words[0]; };
  if (isFile && app.get_subcommands(isCommand).empty()) words.insert(words.begin(), "annotate");
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  return words;
}

int programMain(int argc, char** argv) {
  CLI::App app("Cytoclick: from clicks in microscopy images to masks, volumes and lineages.", "cytoclick");
  app.set_version_flag("--version", "cytoclick " + std::string(programVersion()));
  app.require_subcommand(1);
  app.fallthrough();
  std::string logFile;
  bool quiet = false;
  app.add_option("--log-file", logFile, "append messages for support to this file");
  app.add_flag("-q,--quiet", quiet, "no progress on stderr");
  Runner chosen;
  declareCommands(app, chosen);
  try {
    app.parse(wordsOf(app, argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "cytoclick: %s; see 'cytoclick --help'\n", usageSentence(app, error, argc, argv).c_str());
    return static_cast<int>(ExitCode::kUsage);
  }
  if (!logFile.empty()) {
    if (const Status opened = log::openFile(logFile); !opened) return static_cast<int>(report(opened.error()));
  }
  return static_cast<int>(run(chosen, quiet));
}

}  // namespace
}  // namespace cyto::cli

int main(int argc, char** argv) {
  cyto::runWithBriefSpinning(argv);
  try {
    return cyto::cli::programMain(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "cytoclick: not enough memory; close other programs or use smaller tiles\n");
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "cytoclick: unexpected failure: %s\n", exception.what());
  }
  return static_cast<int>(cyto::cli::ExitCode::kFailed);
}
