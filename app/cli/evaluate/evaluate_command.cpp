#include <CLI/CLI.hpp>

#include "app/cli/evaluate/evaluate_commands.h"

namespace cyto::cli {

void addEvaluateCommand(CLI::App& app, Runner& chosen) {
  CLI::App* evaluate = app.add_subcommand("evaluate", "How good masks and models are where the truth is known");
  evaluate->require_subcommand(1);
  addEvaluateInteractiveCommand(*evaluate, chosen);
  addEvaluateSegmentationCommand(*evaluate, chosen);
}

}  // namespace cyto::cli
