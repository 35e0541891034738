#pragma once

#include <functional>
#include <string>

#include "core/base/progress.h"
#include "core/base/result.h"

namespace CLI {
class App;
}

namespace cyto::cli {

/// Exit codes of every command (part of the command-line contract).
enum class ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kPartlyFailed = 3, kCancelled = 130 };

/// What the user chose to run. A returned Error is printed as one sentence on stderr by the program:
/// kInvalidArgument ends with 2, kCancelled with 130, everything else with 1.
using Runner = std::function<Result<ExitCode>(const JobContext& job)>;

/// Each add…Command function declares one subcommand with its options under `app`; when the user chose
/// it, parsing stores what to run in `chosen`. Declaring must be cheap: `--help` answers in 50 ms.
void addInfoCommand(CLI::App& app, Runner& chosen);
void addInspectCommand(CLI::App& app, Runner& chosen);
void addModelsCommand(CLI::App& app, Runner& chosen);
void addPrecomputeEmbeddingsCommand(CLI::App& app, Runner& chosen);
void addSegmentCommand(CLI::App& app, Runner& chosen);
void addSegmentAutoCommand(CLI::App& app, Runner& chosen);
void addTrainCommand(CLI::App& app, Runner& chosen);
void addEvaluateCommand(CLI::App& app, Runner& chosen);
void addBenchmarkCommand(CLI::App& app, Runner& chosen);
void addSynthesizeCommand(CLI::App& app, Runner& chosen);
void addRunCommand(CLI::App& app, Runner& chosen);
void addAnnotateCommand(CLI::App& app, Runner& chosen);
void addProjectCommand(CLI::App& app, Runner& chosen);

/// Prints a JSON document or text line to stdout; fails when stdout is closed.
Status printResult(const std::string& text);

}  // namespace cyto::cli
