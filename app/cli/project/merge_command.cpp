#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/json_text.h"
#include "app/cli/project/collaboration_commands.h"
#include "core/project/merge/merge_projects.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

struct Options {
  std::string first;
  std::string second;
  std::string target;
  bool asJson = false;
};

struct KindText {
  const char* name;
  const char* sentence;
};

KindText textOf(ConflictKind kind) {
  switch (kind) {
    case ConflictKind::kChangedByBoth: return {"changed-by-both", "changed by both"};
    case ConflictKind::kDeletedByOne: return {"deleted-by-one", "changed by one, deleted by the other; it stays"};
    case ConflictKind::kSameCell: return {"same-cell", "drawn by both"};
    case ConflictKind::kOverlap: return {"overlap", "two objects claim the same pixels"};
    case ConflictKind::kClass: return {"class", "two classes"};
    case ConflictKind::kSettings: return {"settings", "both changed the settings of the project"};
  }
  return {"", ""};
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

json jsonOf(const MergeConflict& conflict, const ProjectMerge& merge) {
  const Shape& begin = conflict.bounds.begin;
  const Shape& end = conflict.bounds.end;
  return {{"kind", textOf(conflict.kind).name},
          {"id", conflict.id},
          {"proposal", conflict.proposal == 0 ? json() : json(conflict.proposal)},
          {"kept", merge.pathOf(conflict.kept).string()},
          {"t", begin.t},
          {"z", begin.z},
          {"bounds", {{begin.t, begin.z, begin.y, begin.x}, {end.t, end.z, end.y, end.x}}},
          {"iou", conflict.iou}};
}

json jsonOf(const ProjectMerge& merge) {
  const MergeReport& report = merge.report;
  json conflicts = json::array();
  for (const MergeConflict& conflict : report.conflicts) conflicts.push_back(jsonOf(conflict, merge));
  json renumbered = json::array();
  for (const RenumberedObject& object : report.renumbered) {
    renumbered.push_back({{"from", object.from}, {"to", object.to}});
  }
  json crowded = json::array();
  for (const CrowdedVersion& version : report.crowded) {
    crowded.push_back({{"project", merge.pathOf(version.side).string()},
                       {"id", version.id},
                       {"pixels", version.pixels},
                       {"kept", version.kept_px}});
  }
  return {{"primary", merge.pathOf(MergeSide::kPrimary).string()},
          {"secondary", merge.pathOf(MergeSide::kSecondary).string()},
          {"common_records", merge.common.records},
          {"common_step", merge.common.step},
          {"state_hash", merge.stateHash},
          {"agreement",
           {{"both", report.agreement.both},
            {"only_primary", report.agreement.onlyPrimary},
            {"only_secondary", report.agreement.onlySecondary},
            {"mean_iou", report.agreement.meanIou}}},
          {"added", report.added},
          {"changed", report.changed},
          {"deleted", report.deleted},
          {"conflicts", std::move(conflicts)},
          {"renumbered", std::move(renumbered)},
          {"crowded", std::move(crowded)},
          {"notices", merge.notices}};
}

std::string lineOf(const MergeConflict& conflict, const ProjectMerge& merge) {
  const Shape& begin = conflict.bounds.begin;
  const Shape& end = conflict.bounds.end;
  std::string line = "conflict  ";
  line += textOf(conflict.kind).sentence;
  if (conflict.id == 0) return line + "; those of " + merge.pathOf(conflict.kept).string() + " stay";
  line += ": object " + std::to_string(conflict.id) + " of " + merge.pathOf(conflict.kept).string() + " stays (t " +
          std::to_string(begin.t) + ", z " + std::to_string(begin.z) + ", rows " + std::to_string(begin.y) + " to " +
          std::to_string(end.y - 1) + ", columns " + std::to_string(begin.x) + " to " + std::to_string(end.x - 1) + ")";
  if (conflict.proposal != 0) {
    line += ", the other version is proposal " + std::to_string(conflict.proposal) + ", IoU " + rounded(conflict.iou);
  }
  return line;
}

std::string linesOf(const ProjectMerge& merge) {
  const MergeReport& report = merge.report;
  const MergeAgreement& agreement = report.agreement;
  const std::string primary = merge.pathOf(MergeSide::kPrimary).string();
  const std::string secondary = merge.pathOf(MergeSide::kSecondary).string();
  std::string lines = "history   that of " + primary + ", then what " + secondary + " has beyond step " +
                      std::to_string(merge.common.step) + "\nagreement " + std::to_string(agreement.both) +
                      " objects of both, " + std::to_string(agreement.onlyPrimary) + " only in " + primary + ", " +
                      std::to_string(agreement.onlySecondary) + " only in " + secondary + "; mean IoU " +
                      rounded(agreement.meanIou) + "\nobjects   " + std::to_string(report.added) + " added, " +
                      std::to_string(report.changed) + " changed, " + std::to_string(report.deleted) + " deleted";
  for (const RenumberedObject& object : report.renumbered) {
    lines += "\nrenumber  " + std::to_string(object.from) + " of " + secondary + " is " + std::to_string(object.to);
  }
  for (const MergeConflict& conflict : report.conflicts) lines += "\n" + lineOf(conflict, merge);
  for (const CrowdedVersion& version : report.crowded) {
    lines += "\ncrowded   object " + std::to_string(version.id) + " of " + merge.pathOf(version.side).string() +
             " has room among the proposals for " + std::to_string(version.kept_px) + " of its " +
             std::to_string(version.pixels) + " pixels; it is whole in that project only";
  }
  for (const std::string& notice : merge.notices) lines += "\nnotice    " + notice;
  return lines + "\nstate     " + merge.stateHash;
}

Result<ExitCode> mergeTwo(const Options& options, const JobContext& job) {
  CYTO_ASSIGN(const ProjectMerge merge, mergeProjects(options.first, options.second, options.target, job));
  CYTO_TRY(printResult(options.asJson ? jsonText(jsonOf(merge)) : linesOf(merge)));
  return merge.report.crowded.empty() ? ExitCode::kDone : ExitCode::kPartlyFailed;
}

}  // namespace

void addMergeCommand(CLI::App& project, Runner& chosen) {
  CLI::App* command = project.add_subcommand(
      "merge", "Bring the work of two annotators together; what they see differently stays as proposals");
  auto options = std::make_shared<Options>();
  command->add_option("A", options->first, "a project of one annotator (only read)")->required();
  command->add_option("B", options->second, "a project of the other one (only read)")->required();
  command->add_option("-o,--output", options->target, "the project to make; it must not exist")->required();
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback(
      [&chosen, options] { chosen = [options](const JobContext& job) { return mergeTwo(*options, job); }; });
}

}  // namespace cyto::cli
