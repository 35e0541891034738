#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "core/project/merge/merge_documents.h"
#include "core/project/project.h"

namespace cyto {

/// The first records that two journals have in common: from there on the projects were worked on apart.
struct CommonBeginning {
  uint64_t records = 0;
  uint64_t step = 0;    ///< where both stood after them
  uint32_t nextId = 1;  ///< no id from here on was given out in them
};

/// Two projects that were begun separately have none: all members are those of an empty journal.
Result<CommonBeginning> commonBeginning(const Project& a, const Project& b, const JobContext& job);

/// Two projects, as they were named, and which of them is the primary side.
struct ProjectMerge {
  std::array<std::filesystem::path, 2> projects;
  size_t primary = 0;  ///< its place in `projects`; the other one is the secondary side
  CommonBeginning common;
  MergeReport report;
  std::string stateHash;  ///< of the merged document
  std::vector<std::string> notices;

  const std::filesystem::path& pathOf(MergeSide side) const {
    return projects[side == MergeSide::kPrimary ? primary : 1 - primary];
  }
};

/// Makes the project `target`, which must not exist: the journal of the primary side and one edit that brings in what
/// the other one has. The two projects are only read and may be open elsewhere. The primary side is the one that goes
/// on where the other ends; else the one with more verified objects, then with more objects, then the one whose journal
/// has the larger hash: the order of the names never matters. kInvalidArgument for projects of different images.
Result<ProjectMerge> mergeProjects(const std::filesystem::path& a, const std::filesystem::path& b,
                                   const std::filesystem::path& target, const JobContext& job);

}  // namespace cyto
