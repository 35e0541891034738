#pragma once

#include "app/cli/command.h"

namespace cyto::cli {

// Subcommands of `cytoclick project`, declared under `project`.

/// merge A B -o C
void addMergeCommand(CLI::App& project, Runner& chosen);
/// replay PROJECT -o NEW
void addReplayCommand(CLI::App& project, Runner& chosen);
/// relink PROJECT IMAGE
void addRelinkCommand(CLI::App& project, Runner& chosen);

}  // namespace cyto::cli
