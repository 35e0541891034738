#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "core/project/project.h"

namespace cyto::test {

/// Everything a project holds, as one short text: the document and the whole history with all its branches and times.
std::string stateOf(const Project& project);

/// The same of the part of the history that was there when `lastSequence` was the last record, without where the
/// document stands.
std::string historyUpTo(const Project& project, uint64_t lastSequence);

/// Checkpoints and packing as often as can be.
inline UpkeepOptions busyUpkeep(bool isInBackground) { return {5, 3, 700, isInBackground}; }

/// An image to make projects of that need no file of an image.
ImageReference imageWithoutFile();

/// Does something to a project: prompts, answers, commits, erasing, proposals, settings, undo, redo, jumps, groups of
/// these. `written` is called after each record, which in a group is before it is acknowledged. In a group a step that
/// is refused is left out, and the answer is that of the group.
Status randomStep(Project& project, std::mt19937_64& random, const std::function<void()>& written = [] {});

/// A copy of the project of the first version that is kept in the repository.
void copyFirstVersion(const std::filesystem::path& folder);

}  // namespace cyto::test
