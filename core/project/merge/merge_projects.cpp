#include "core/project/merge/merge_projects.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "core/base/xxh128.h"
#include "core/project/folder/folder_in_making.h"
#include "core/project/restoration.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

std::string nameOf(const fs::path& project) {
  return (project.has_filename() ? project : project.parent_path()).filename().string();
}

Status checkSameImage(const Project& a, const Project& b, std::vector<std::string>& notices) {
  const ImageReference& first = a.image();
  const ImageReference& second = b.image();
  const bool isSameShape = first.shape == second.shape;
  const bool hasHashes = !first.contentHash.empty() && !second.contentHash.empty();
  if (!isSameShape || (hasHashes && first.contentHash != second.contentHash)) {
    return Error(ErrorCode::kInvalidArgument, "'" + a.folder().string() + "' and '" + b.folder().string() +
                                                  "' belong to different images; merge projects of one image");
  }
  if (!hasHashes) {
    notices.push_back("It is not known whether both projects belong to the same image; only its size was compared.");
  }
  return {};
}

Result<std::string> journalHash(const Project& project, const JobContext& job) {
  Xxh128 hash;
  for (uint64_t sequence = 1; sequence <= project.lastSequence(); ++sequence) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(const Record record, project.recordAt(sequence));
    hash.addValue(record.kind);
    hash.addValue(record.time_us);
    hash.addValue(record.payload.size());
    hash.add(record.payload.data(), record.payload.size());
  }
  return hash.text();
}

/// Larger for the side that is to be the primary one.
Result<std::tuple<int64_t, int64_t, std::string>> rankOf(const Project& project, const JobContext& job) {
  const auto count = [&](ObjectState least) {
    const ObjectTable& objects = project.document().objects;
    return static_cast<int64_t>(
        std::count_if(objects.begin(), objects.end(), [&](const auto& entry) { return entry.second->state >= least; }));
  };
  CYTO_ASSIGN(std::string hash, journalHash(project, job));
  return std::tuple(count(ObjectState::kVerified), count(ObjectState::kAccepted), std::move(hash));
}

/// The place of the primary side: 0 or 1.
Result<size_t> choosePrimary(const Project& a, const Project& b, const CommonBeginning& common, const JobContext& job) {
  if (common.records == b.lastSequence()) return size_t{0};
  if (common.records == a.lastSequence()) return size_t{1};
  CYTO_ASSIGN(const auto rankOfA, rankOf(a, job));
  CYTO_ASSIGN(const auto rankOfB, rankOf(b, job));
  return rankOfA < rankOfB ? size_t{1} : size_t{0};
}

MergeInput inputOf(const Project& project) { return {project.document(), project.nextId(), nameOf(project.folder())}; }

}  // namespace

Result<CommonBeginning> commonBeginning(const Project& a, const Project& b, const JobContext& job) {
  CommonBeginning common;
  const uint64_t last = std::min(a.lastSequence(), b.lastSequence());
  ProgressReporter progress(job, "comparing the histories", static_cast<int64_t>(last));
  for (uint64_t sequence = 1; sequence <= last; ++sequence) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(const Record first, a.recordAt(sequence));
    CYTO_ASSIGN(const Record second, b.recordAt(sequence));
    if (first.kind != second.kind || first.time_us != second.time_us || first.payload != second.payload) break;
    common.records = sequence;
    if (first.kind == RecordKind::kMove) {
      CYTO_ASSIGN(common.step, decodeMove(first));
    }
    if (first.kind == RecordKind::kEdit) {
      common.step = sequence;
      CYTO_ASSIGN(const Edit edit, decodeEdit(first.payload));
      common.nextId = nextIdAfter(edit, common.nextId);
    }
    progress.advance();
  }
  return common;
}

Result<ProjectMerge> mergeProjects(const fs::path& a, const fs::path& b, const fs::path& target,
                                   const JobContext& job) {
  CYTO_ASSIGN(FolderInMaking folder, FolderInMaking::beside(target));
  ProjectMerge result;
  result.projects = {a, b};
  std::array<std::unique_ptr<Project>, 2> projects;
  CYTO_ASSIGN(projects[0], Project::openForReading(a));
  CYTO_ASSIGN(projects[1], Project::openForReading(b));
  for (const auto& project : projects) {
    if (project->damages().empty()) continue;
    return Error(ErrorCode::kFormat,
                 project->damages().front().text() + "; merge a repaired copy: cytoclick project repair");
  }
  CYTO_TRY(checkSameImage(*projects[0], *projects[1], result.notices));
  CYTO_ASSIGN(result.common, commonBeginning(*projects[0], *projects[1], job));
  CYTO_ASSIGN(result.primary, choosePrimary(*projects[0], *projects[1], result.common, job));
  const Project& primary = *projects[result.primary];
  const Project& secondary = *projects[1 - result.primary];
  CYTO_ASSIGN(const Document base, primary.documentAt(result.common.step));
  MergeInput other = inputOf(secondary);
  // Separately begun projects may have read another scale from the image file; nobody has decided on that.
  const bool hasImageScale = other.document.settings == ProjectSettings{secondary.image().scale};
  if (result.common.records == 0 && hasImageScale) other.document.settings = base.settings;
  if (!other.document.draft.isEmpty()) {
    result.notices.push_back("The object in the making of '" + other.name + "' is not taken over; commit it first.");
  }
  CYTO_ASSIGN(DocumentMerge merge, mergeDocuments(base, result.common.nextId, inputOf(primary), other));
  CYTO_TRY(job.cancel.check());
  CYTO_TRY(primary.copyTo(folder.hidden()));
  {
    CYTO_ASSIGN(const auto merged, Project::open(folder.hidden()));
    if (!merge.isEmpty()) CYTO_TRY(merged->perform(merge.edit));
    result.stateHash = stateHash(merged->document());
  }
  CYTO_TRY(folder.giveName());
  result.report = std::move(merge.report);
  return result;
}

}  // namespace cyto
