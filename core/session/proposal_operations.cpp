// Proposals: the part of AnnotationSession that takes automatic results in, and what a user decides about them.

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/labels/transaction.h"
#include "core/project/exchange/label_import.h"
#include "core/project/object_changes.h"
#include "core/project/object_edits.h"
#include "core/segmentation/prompt_file.h"
#include "core/session/annotation_session.h"
#include "core/session/pending_mask.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

std::string fileName(const fs::path& path) {
  const fs::path named = path.lexically_normal();  // "labels.zarr/" has its name in front of the slash
  return (named.has_filename() ? named : named.parent_path()).filename().string();
}

/// Which tile answers an object with one question; objects with several may need more.
int64_t firstTile(const ObjectPrompts& prompts, const Shape& image) {
  const std::vector<PlanePrompts> questions = questionsOf(prompts, {image.y, image.x});
  const auto choice = chooseTile(sessionTiling(image), questions.front(), {});
  return choice ? choice->tile : 0;
}

/// An order in which each tile is embedded once for all its objects.
std::vector<size_t> orderByTile(const std::vector<ObjectPrompts>& prompts, const Shape& image) {
  std::vector<std::tuple<int64_t, int64_t, int64_t>> places;
  places.reserve(prompts.size());
  for (const ObjectPrompts& object : prompts) places.emplace_back(object.t, object.z, firstTile(object, image));
  std::vector<size_t> order(prompts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return places[a] < places[b]; });
  return order;
}

Provenance madeBy(const ModelIdentity& model) {
  Provenance provenance = handMade();
  provenance.model = model.name;
  provenance.weightsHash = model.weightsHash;
  provenance.preprocessing = model.preprocessing;
  return provenance;
}

}  // namespace

Result<AnnotationSession::Proposed> AnnotationSession::propose(const AutomaticResult& result) {
  CYTO_TRY(checkOpen());
  if (result.labels.shape() != document().labels.shape()) {
    return refused("an automatic result of extent " + result.labels.shape().text() +
                   " does not fit the image, which has " + document().labels.shape().text());
  }
  if (result.objects.empty()) return refused("no object was found");
  if (result.objects.size() > kMaxObjectId - std::min(nextId(), kMaxObjectId)) {
    return refused("there are not enough ids left for " + std::to_string(result.objects.size()) + " objects");
  }
  Proposing proposing = proposeObjects(document(), result, nextId());
  if (proposing.ids.empty()) {
    return refused("none of the " + std::to_string(result.objects.size()) +
                   " objects has a pixel that is not proposed already; reject the earlier proposals first");
  }
  CYTO_TRY(performObjects(proposing.edit));
  return Proposed{std::move(proposing.ids), proposing.leftOut, {}};
}

Result<LabelImport> AnnotationSession::importLabels(const fs::path& path, const std::string& key, bool asProposals,
                                                    const JobContext& job) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(LabelImport import,
              cyto::importLabels(document(), nextId(), path, ImportOptions{key, asProposals, handMade(), job}));
  if (import.objects == 0 && import.objectsLeftOut == 0) {
    return refused("'" + path.string() + "' has no objects: all its pixels are 0");
  }
  if (import.objects == 0) {
    return refused("none of the " + std::to_string(import.objectsLeftOut) + " objects in '" + path.string() +
                   "' has a pixel that is " +
                   (asProposals ? "not proposed already; reject the earlier proposals first"
                                : "free; import them as proposals to compare them with what is there"));
  }
  CYTO_TRY(performObjects(import.edit));
  return import;
}

Result<AnnotationSession::Proposed> AnnotationSession::proposePrompts(const fs::path& file, const JobContext& job) {
  CYTO_TRY(checkOpen());
  if (!image_) return refused("the image of this project is not there, so nothing can be segmented in it");
  CYTO_ASSIGN(const std::vector<ObjectPrompts> prompts, readPromptFile(file, image_->info().shape));
  CYTO_ASSIGN(const std::vector<ObjectMask> answers, answerAll(prompts, job));
  Provenance common = madeBy(worker_.modelState().identity);
  common.source = fileName(file);
  AutomaticResult result;
  Transaction labels{LabelVolume(document().labels.shape())};
  std::vector<std::string> warnings;
  for (size_t i = 0; i < answers.size(); ++i) {
    const ObjectMask& answer = answers[i];
    labels.paint(answer.t, answer.z, answer.mask, answer.id, PaintRule::kOnlyBackground);
    warnings.insert(warnings.end(), answer.warnings.begin(), answer.warnings.end());
    const auto [place, isFirst] = result.objects.try_emplace(answer.id, common);
    Provenance& provenance = place->second;
    if (isFirst) provenance.prompts = prompts[i];
    provenance.predictedIou = isFirst ? answer.predictedIou : std::min(provenance.predictedIou, answer.predictedIou);
  }
  result.labels = labels.labels();
  CYTO_ASSIGN(Proposed proposed, propose(result));
  proposed.warnings = std::move(warnings);
  return proposed;
}

Result<FoundObjects> AnnotationSession::findObjects(AutomaticMode mode, const JobContext& job) {
  const auto promise = std::make_shared<std::promise<Result<FoundObjects>>>();
  auto pending = promise->get_future();
  const uint64_t number = worker_.findObjects(
      mode, [promise](Result<FoundObjects> answer) { promise->set_value(std::move(answer)); }, job.progress);
  return await(pending, job, [&] { worker_.cancelFinding(number); });
}

Result<AnnotationSession::Proposed> AnnotationSession::proposeAll(AutomaticMode mode, const JobContext& job) {
  CYTO_TRY(checkOpen());
  if (!image_) return refused("the image of this project is not there, so nothing can be segmented in it");
  if (!found_) {
    CYTO_ASSIGN(found_, findObjects(mode, job));
  }
  const FoundObjects found = *std::exchange(found_, std::nullopt);
  AutomaticResult result;
  result.labels = found.segmentation.labels;
  const Provenance common = madeBy(found.model);
  for (uint32_t id = 1; id <= found.segmentation.objects; ++id) result.objects.emplace(id, common);
  return propose(result);
}

Result<std::vector<ObjectMask>> AnnotationSession::answerAll(const std::vector<ObjectPrompts>& prompts,
                                                             const JobContext& job) {
  const std::vector<size_t> order = orderByTile(prompts, image_->info().shape);
  std::vector<PendingMask> pending;
  pending.reserve(order.size());
  // All at once, so that the worker does not embed ahead in between.
  for (const size_t i : order) pending.push_back(ask(worker_, prompts[i], 0));
  std::vector<ObjectMask> answers(prompts.size());
  ProgressReporter progress(job, "objects", static_cast<int64_t>(prompts.size()));
  for (size_t n = 0; n < order.size(); ++n) {
    Result<ObjectMask> answer = await(worker_, pending[n], job);
    if (!answer) {
      worker_.cancelSegmentations();
      return std::move(answer).error();
    }
    answers[order[n]] = *std::move(answer);
    progress.advance();
  }
  return answers;
}

Result<std::vector<uint32_t>> AnnotationSession::proposalsAmong(std::span<const uint32_t> ids) const {
  if (ids.empty()) return refused("there are no proposals");
  std::vector<uint32_t> proposals(ids.begin(), ids.end());
  std::sort(proposals.begin(), proposals.end());
  proposals.erase(std::unique(proposals.begin(), proposals.end()), proposals.end());
  for (const uint32_t id : proposals) {
    CYTO_ASSIGN(const auto object, findObject(document(), id));
    if (object->state != ObjectState::kProposal) return refused("object " + std::to_string(id) + " is no proposal");
  }
  return proposals;
}

Result<AnnotationSession::Accepted> AnnotationSession::accept(std::span<const uint32_t> ids, const PreserveRule& rule) {
  CYTO_TRY(checkOpen());
  if (!(rule.threshold > 0 && rule.threshold <= 1)) {
    return refused("the threshold is a part of an object's area, above 0 and at most 1");
  }
  CYTO_ASSIGN(const std::vector<uint32_t> proposals, proposalsAmong(ids));
  Acceptance acceptance = acceptProposals(document(), proposals, rule);
  if (acceptance.accepted.empty()) {
    const StayingProposal& first = acceptance.staying.front();
    const std::string what = proposals.size() == 1
                                 ? "proposal " + std::to_string(first.id) + " was not"
                                 : "none of the " + std::to_string(proposals.size()) + " proposals was";
    const std::string way =
        rule.mode == PreserveMode::kNone ? "; unverify it first" : "; use 'none' to overwrite all but verified objects";
    return refused(what + " accepted, because object " + std::to_string(first.because) + " keeps its pixels" + way);
  }
  CYTO_TRY(performObjects(acceptance.edit));
  return Accepted{std::move(acceptance.accepted), std::move(acceptance.staying)};
}

Status AnnotationSession::reject(std::span<const uint32_t> ids) {
  CYTO_TRY(checkOpen());
  CYTO_ASSIGN(const std::vector<uint32_t> proposals, proposalsAmong(ids));
  return performObjects(rejectProposals(document(), proposals));
}

}  // namespace cyto
