// Whose turn it is on the worker's thread. All of this runs with the mutex held.
#include <algorithm>
#include <utility>

#include "core/session/inference_worker.h"
#include "core/session/prompt_tiles.h"

namespace cyto {

InferenceWorker::Task InferenceWorker::start(Work work, Task task) {
  running_ = Running{work, {}, {}};
  return task;
}

InferenceWorker::Task InferenceWorker::takeMostUrgent() {
  if (Task task = takeDropped()) return task;
  if (isImageNew_) return start(Work::kChangingImage, [this](const JobContext&) { changeImage(); });
  if (modelRequest_) {
    const std::string name = *std::exchange(modelRequest_, std::nullopt);
    return start(Work::kLoading, [this, name](const JobContext& job) { load(name, job); });
  }
  if (Task task = takeAnswer()) return task;
  if (!findings_.empty()) {
    finding_ = std::move(findings_.front());
    findings_.pop_front();
    return start(Work::kFinding, [this, finding = *finding_](const JobContext&) { find(finding); });
  }
  if (const auto tile = nextTile()) {
    Task task = start(Work::kEmbedding, [this, tile](const JobContext& job) { embedAhead(*tile, job); });
    running_->tile = tile;
    return task;
  }
  if (embeddingState_.isWorking) {
    return start(Work::kEmbedding, [this](const JobContext&) { publishEmbeddings(false, std::nullopt); });
  }
  return nullptr;
}

InferenceWorker::Task InferenceWorker::takeDropped() {
  if (dropped_.empty()) return nullptr;
  return start(Work::kAnswering, [this](const JobContext&) { answerDropped(); });
}

/// What somebody waits for, about the image and the model that are in use.
InferenceWorker::Task InferenceWorker::takeAnswer() {
  const bool isPreviewAnswerable = isPreviewDue();  // or it is dropped
  if (Task task = takeDropped()) return task;
  if (!segmentations_.empty()) {
    Request request = std::move(segmentations_.front());
    segmentations_.pop_front();
    return start(Work::kSegmenting,
                 [this, request = std::move(request)](const JobContext& job) { answer(request, job); });
  }
  if (!isPreviewAnswerable) return nullptr;
  Request request = std::exchange(preview_, std::nullopt)->request;
  return start(Work::kPreviewing,
               [this, request = std::move(request)](const JobContext& job) { answer(request, job); });
}

/// Whether the preview's tiles are there. Drops a preview whose tiles will never be.
bool InferenceWorker::isPreviewDue() {
  if (!preview_) return false;
  if (!scene_) {
    dropPreview();
    return false;
  }
  if (!preview_->missing) preview_->missing = tilesOf(preview_->request.prompts, scene_->embeddings);
  std::erase_if(*preview_->missing, [this](const TileAddress& tile) { return scene_->isReady(tile); });
  if (preview_->missing->empty()) return true;
  if (scene_->hasFailed) dropPreview();
  return false;
}

std::optional<TileAddress> InferenceWorker::nextTile() {
  if (!scene_ || scene_->hasFailed) return std::nullopt;
  // Usually the tile of the cursor. Naming it here answers a preview even where attention never comes.
  if (preview_) return preview_->missing->front();
  if (!attention_) return std::nullopt;
  EncodingProvider& embeddings = scene_->embeddings;
  const auto wanted = tilesByAttention(embeddings.tiling(), embeddings.imageShape(), *attention_, tilesInBudget());
  const auto next = std::find_if(wanted.begin(), wanted.end(), [&](const TileAddress& tile) {
    return !embeddings.isReady(tile.t, tile.z, tile.tile);
  });
  if (next == wanted.end()) return std::nullopt;
  // The new tile pushes out the one that was used longest ago, which must be none of these as long as there are others.
  for (auto tile = wanted.rbegin(); tile != wanted.rend(); ++tile) embeddings.touch(tile->t, tile->z, tile->tile);
  return *next;
}

size_t InferenceWorker::tilesInBudget() const {
  if (embeddingSize_bytes_ == 0) return 1;
  return static_cast<size_t>(std::max<int64_t>(1, embeddingBudget_bytes_ / embeddingSize_bytes_));
}

/// Whether the prompts need no encoding.
bool InferenceWorker::isWarm(const ObjectPrompts& prompts) const {
  if (!scene_) return false;
  const std::vector<TileAddress> tiles = tilesOf(prompts, scene_->embeddings);
  return std::all_of(tiles.begin(), tiles.end(), [this](const TileAddress& tile) { return scene_->isReady(tile); });
}

void InferenceWorker::requestModel(std::string nameOrFile) {
  modelState_ = {ModelState::Phase::kLoading, nameOrFile, modelState_.identity, {}};
  modelError_.reset();
  modelRequest_ = std::move(nameOrFile);
  interrupt({Work::kLoading, Work::kEmbedding});
  wake();
}

void InferenceWorker::dropPreview() {
  if (!preview_) return;
  dropped_.emplace_back([answer = std::move(preview_->request.answer)] { answer(cancelled()); });
  preview_.reset();
}

void InferenceWorker::dropSegmentations() {
  for (Request& request : segmentations_) {
    dropped_.emplace_back([answer = std::move(request.answer)] { answer(cancelled()); });
  }
  segmentations_.clear();
}

void InferenceWorker::dropFinding(const Finding& finding) {
  dropped_.emplace_back([answer = finding.answer] { answer(cancelled()); });
}

void InferenceWorker::dropFindings() {
  for (const Finding& finding : findings_) dropFinding(finding);
  findings_.clear();
  if (finding_) finding_->cancel.cancel();
}

void InferenceWorker::interrupt(std::initializer_list<Work> works) {
  if (running_ && std::find(works.begin(), works.end(), running_->work) != works.end()) running_->cancel.cancel();
}

void InferenceWorker::wake() {
  isAsleep_ = false;
  wake_.notify_one();
}

bool InferenceWorker::hasRequests() const {
  return isImageNew_ || modelRequest_ || !segmentations_.empty() || !findings_.empty() || preview_ ||
         !dropped_.empty() || (running_ && running_->work != Work::kEmbedding);
}

}  // namespace cyto
