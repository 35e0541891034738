#include "core/session/replay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/project/folder/folder_in_making.h"
#include "core/project/folder/image_search.h"
#include "core/project/merge/object_pixels.h"
#include "core/session/pending_mask.h"
#include "core/session/replayed_edit.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

/// The steps from the beginning to one of the history.
Result<std::vector<uint64_t>> lineTo(const History& history, uint64_t step) {
  if (step != 0 && !history.find(step)) {
    return Error(ErrorCode::kNotFound, "the history has no step " + std::to_string(step));
  }
  std::vector<uint64_t> line;
  for (; step != 0; step = history.find(step)->parent) line.push_back(step);
  std::reverse(line.begin(), line.end());
  return line;
}

/// The image that was annotated, and nothing else, or a replay would compare apples with pears.
Result<std::shared_ptr<const io::ImageSource>> openRecorded(const FoundImage& found) {
  const ImageReference& image = found.image;
  if (image.path.empty()) return refused("this project has no image, so its masks cannot be made again");
  auto opened = io::openImage(image.path, {image.key});
  if (!opened) {
    return std::move(opened).error().during("the image of the project is needed to make its masks again");
  }
  const auto hash = contentHashOf(image.path);
  const bool isOther = !image.contentHash.empty() && hash && *hash != image.contentHash;
  if (isOther || (*opened)->info().shape != image.shape) {
    return refused("'" + image.path.string() +
                   "' is not the image that was annotated: its content differs; say with 'cytoclick project relink' "
                   "where that is");
  }
  return std::shared_ptr<const io::ImageSource>(*std::move(opened));
}

bool isEmpty(const Edit& edit) {
  return !edit.draft && !edit.settings && edit.objects.empty() && edit.labels.isEmpty() && edit.proposals.isEmpty();
}

class Replay {
 public:
  Replay(const Project& recorded, Project& target, InferenceWorker& worker, const ReplayOptions& options,
         ReplayReport& report)
      : recorded_(recorded), target_(target), worker_(worker), options_(options), report_(report) {}

  Status run(const std::vector<uint64_t>& line, const JobContext& job) {
    ProgressReporter progress(job, "steps", static_cast<int64_t>(line.size()));
    for (const uint64_t sequence : line) {
      CYTO_TRY(job.cancel.check());
      Status done = step(sequence, job);
      if (!done) return std::move(done).error().during("step " + std::to_string(sequence));
      ++report_.steps;
      progress.advance();
    }
    return {};
  }

 private:
  Status step(uint64_t sequence, const JobContext& job) {
    CYTO_ASSIGN(const Edit recorded, recorded_.editAt(sequence));
    const bool isAnswer = recorded.kind == EditKind::kSegment && recorded.draft && recorded.draft->after.current;
    Edit again;
    if (isAnswer) {
      CYTO_ASSIGN(again, answered(sequence, recorded, job));
    } else if (recorded.kind == EditKind::kCommit) {
      again = committedAgain(recorded, target_.document());
    } else {
      again = followedAgain(recorded, target_.document());
    }
    if (!isAnswer && (again.labels != recorded.labels || again.proposals != recorded.proposals)) {
      report_.differences.push_back({sequence, recorded.label, agreementOf(again, recorded)});
    }
    if (isEmpty(again)) return {};
    return target_.perform(again);
  }

  Result<Edit> answered(uint64_t sequence, const Edit& recorded, const JobContext& job) {
    const Draft& draft = recorded.draft->after;
    CYTO_TRY(useModelOf(*draft.current));
    PendingMask pending = ask(worker_, draft.prompts, draft.current->alternative);
    CYTO_ASSIGN(const ObjectMask answer, await(worker_, pending, job));
    const ModelIdentity model = worker_.modelState().identity;
    report_.hasRecordedModel = report_.hasRecordedModel && model.weightsHash == draft.current->weightsHash;
    ++report_.masks;
    if (answer.mask != draft.current->mask) {
      const double iou = intersectionOverUnion(answer.mask, draft.current->mask);
      report_.differences.push_back({sequence, recorded.label, iou});
    }
    Edit edit = recorded;
    edit.draft = Change<Draft>{target_.document().draft, draft};
    edit.draft->after.current = std::make_shared<const CurrentObject>(
        CurrentObject{answer.t, answer.z, answer.mask, answer.predictedIou, draft.current->alternative, model.name,
                      model.weightsHash, model.preprocessing});
    return edit;
  }

  Status useModelOf(const CurrentObject& recorded) {
    const ModelState before = worker_.modelState();
    const bool isReady = before.phase == ModelState::Phase::kReady;
    if (isLoaded_ && options_.hasOwnModel) return {};
    if (isReady && !options_.hasOwnModel && before.identity.weightsHash == recorded.weightsHash) return {};
    worker_.loadModel(options_.hasOwnModel ? options_.ownModel : recorded.model);
    worker_.waitUntilIdle();
    isLoaded_ = true;
    const ModelState now = worker_.modelState();
    if (now.phase == ModelState::Phase::kFailed) return Error(ErrorCode::kModel, now.problem);
    if (options_.hasOwnModel || now.identity.weightsHash == recorded.weightsHash) return {};
    return Error(ErrorCode::kModel, "the mask was made by the model '" + recorded.model + "' with the weights " +
                                        recorded.weightsHash + ", and those here are " + now.identity.weightsHash +
                                        "; name the model to use with --model or --checkpoint");
  }

  const Project& recorded_;
  Project& target_;
  InferenceWorker& worker_;
  const ReplayOptions& options_;
  ReplayReport& report_;
  bool isLoaded_ = false;
};

void compareObjects(const Document& recorded, const Document& replayed, ReplayReport& report) {
  std::set<uint32_t> ids;
  const auto collect = [&](const Document& document, int64_t& count) {
    for (const auto& [id, object] : document.objects) {
      if (object->state == ObjectState::kProposal) continue;
      ids.insert(id);
      ++count;
    }
  };
  collect(recorded, report.recordedObjects);
  collect(replayed, report.replayedObjects);
  const auto pixels = [](const Document& document, uint32_t id) {
    const auto found = document.objects.find(id);
    const bool isThere = found != document.objects.end() && found->second->state != ObjectState::kProposal;
    return isThere ? pixelsOf(document, *found->second) : ObjectPixels{};
  };
  for (const uint32_t id : ids) {
    report.objects.push_back({id, intersectionOverUnion(pixels(recorded, id), pixels(replayed, id))});
  }
}

}  // namespace

double ReplayReport::meanIou() const {
  double sum = 0;
  for (const ReplayedObject& object : objects) sum += object.iou;
  return objects.empty() ? 1.0 : sum / static_cast<double>(objects.size());
}

double ReplayReport::worstIou() const {
  double worst = 1;
  for (const ReplayedObject& object : objects) worst = std::min(worst, object.iou);
  return worst;
}

Result<ReplayReport> replayProject(const Project& recorded, const fs::path& target, InferenceWorker& worker,
                                   const ReplayOptions& options, const JobContext& job) {
  CYTO_ASSIGN(const std::vector<uint64_t> line, lineTo(recorded.history(), options.to));
  CYTO_ASSIGN(FolderInMaking folder, FolderInMaking::beside(target));
  ReplayReport report;
  const FoundImage found = findImage(recorded.image(), recorded.folder());
  CYTO_ASSIGN(const auto image, openRecorded(found));
  report.notices = found.notices;
  worker.setImage(image);
  {
    CYTO_ASSIGN(const auto project, Project::create(folder.hidden(), found.image));
    CYTO_TRY(Replay(recorded, *project, worker, options, report).run(line, job));
    CYTO_ASSIGN(const Document before, recorded.documentAt(options.to));
    report.recordedHash = stateHash(before);
    report.replayedHash = stateHash(project->document());
    compareObjects(before, project->document(), report);
  }
  CYTO_TRY(folder.giveName());
  if (!report.hasRecordedModel) report.differences.clear();
  return report;
}

}  // namespace cyto
