#pragma once

#include "app/cli/command.h"

namespace cyto::cli {

/// Each declares one subcommand of `cytoclick evaluate`.
void addEvaluateInteractiveCommand(CLI::App& evaluate, Runner& chosen);
void addEvaluateSegmentationCommand(CLI::App& evaluate, Runner& chosen);

}  // namespace cyto::cli
