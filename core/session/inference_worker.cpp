#include "core/session/inference_worker.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/session/prompt_tiles.h"

namespace cyto {

namespace {

/// Calls what other libraries may throw out of; an exception would end the program with the user's work.
template <typename Call>
auto withoutExceptions(const std::string& doing, Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& problem) {
    return Error(ErrorCode::kInternal, doing + " failed: " + problem.what());
  }
}

int64_t tileCount(const EncodingProvider& embeddings) {
  const Shape& shape = embeddings.imageShape();
  return shape.t * shape.z * embeddings.tiling().count();
}

}  // namespace

InferenceWorker::Scene::Scene(std::shared_ptr<const io::ImageSource> source, Model& model, int64_t budget_bytes)
    : image(std::move(source)),
      embeddings(*image, model.encoder(), sessionTiling(image->info().shape), budget_bytes),
      segmenter(embeddings, model.decoder()) {}

InferenceWorker::InferenceWorker(ModelLoader loader, Listener listener, int64_t embeddingBudget_bytes)
    : loader_(std::move(loader)),
      listener_(std::move(listener)),
      embeddingBudget_bytes_(embeddingBudget_bytes),
      thread_([this] { work(); }) {}

InferenceWorker::~InferenceWorker() {
  {
    const std::lock_guard lock(mutex_);
    isStopping_ = true;
    if (running_) running_->cancel.cancel();
    dropFindings();
    wake();
  }
  thread_.join();
}

void InferenceWorker::setImage(std::shared_ptr<const io::ImageSource> image) {
  const std::lock_guard lock(mutex_);
  image_.swap(image);  // the old one dies, if nobody else has it, after the mutex is free
  isImageNew_ = true;
  dropSegmentations();
  dropFindings();
  dropPreview();
  interrupt({Work::kSegmenting, Work::kPreviewing, Work::kEmbedding});
  embeddingState_ = {};
  wake();
}

void InferenceWorker::loadModel(std::string nameOrFile) {
  const std::lock_guard lock(mutex_);
  dropFindings();
  requestModel(std::move(nameOrFile));
}

void InferenceWorker::setAttention(const Attention& attention) {
  const std::lock_guard lock(mutex_);
  if (attention_ == attention) return;
  attention_ = attention;
  wake();
}

void InferenceWorker::segment(ObjectPrompts prompts, int alternative, Answer answer) {
  const std::lock_guard lock(mutex_);
  if (image_ && modelState_.phase == ModelState::Phase::kNone) requestModel("");
  // Later ones in the queue leave alone what is encoded for the first.
  if (segmentations_.empty() && running_ && running_->tile && !isWarm(prompts)) {
    const std::vector<TileAddress> tiles = tilesOf(prompts, scene_->embeddings);
    if (std::find(tiles.begin(), tiles.end(), *running_->tile) == tiles.end()) interrupt({Work::kEmbedding});
  }
  segmentations_.push_back({std::move(prompts), alternative, std::move(answer)});
  wake();
}

uint64_t InferenceWorker::findObjects(AutomaticMode mode, ObjectsAnswer answer, ProgressSink progress) {
  const std::lock_guard lock(mutex_);
  if (image_ && modelState_.phase == ModelState::Phase::kNone) requestModel("");
  interrupt({Work::kEmbedding});
  findings_.push_back({++lastFinding_, mode, {}, std::move(answer), std::move(progress)});
  wake();
  return lastFinding_;
}

void InferenceWorker::cancelFinding(uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (finding_ && finding_->number == number) finding_->cancel.cancel();
  const auto waiting = std::find_if(findings_.begin(), findings_.end(),
                                    [number](const Finding& finding) { return finding.number == number; });
  if (waiting == findings_.end()) return;
  dropFinding(*waiting);
  findings_.erase(waiting);
  wake();
}

void InferenceWorker::preview(ObjectPrompts prompts, Answer answer) {
  const std::lock_guard lock(mutex_);
  dropPreview();
  preview_ = WaitingPreview{{std::move(prompts), 0, std::move(answer)}, {}};
  wake();
}

void InferenceWorker::cancelPreview() {
  const std::lock_guard lock(mutex_);
  dropPreview();
  wake();
}

void InferenceWorker::cancelSegmentations() {
  const std::lock_guard lock(mutex_);
  dropSegmentations();
  interrupt({Work::kSegmenting});
  wake();
}

ModelState InferenceWorker::modelState() const {
  const std::lock_guard lock(mutex_);
  return modelState_;
}

EmbeddingState InferenceWorker::embeddingState() const {
  const std::lock_guard lock(mutex_);
  return embeddingState_;
}

bool InferenceWorker::isWarm(int64_t t, int64_t z, double y, double x) const {
  const std::lock_guard lock(mutex_);
  if (!scene_ || isImageNew_ || modelState_.phase == ModelState::Phase::kLoading) return false;
  const auto tiles = tilesOf({1, t, z, {{y, x, true}}, {}, {}, false}, scene_->embeddings);
  return !tiles.empty() && scene_->isReady(tiles.front());
}

void InferenceWorker::waitUntilIdle(bool withEmbeddings) {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return isAsleep_ || (!withEmbeddings && !hasRequests()); });
}

void InferenceWorker::work() {
  std::unique_lock lock(mutex_);
  while (!isStopping_) {
    if (Task task = takeMostUrgent()) {
      runUnlocked(lock, std::move(task));
      running_.reset();
    } else {
      isAsleep_ = true;
      idle_.notify_all();
      wake_.wait(lock, [this] { return !isAsleep_; });
    }
    if (!hasRequests()) idle_.notify_all();
  }
  while (preview_ || !segmentations_.empty() || !findings_.empty() || !dropped_.empty()) {  // an answer may ask again
    lock.unlock();
    answerDropped();
    lock.lock();
  }
}

void InferenceWorker::runUnlocked(std::unique_lock<std::mutex>& lock, Task task) {
  const JobContext job{running_->cancel.token(), {}};
  lock.unlock();
  task(job);
  task = nullptr;  // what it holds dies without the mutex
  lock.lock();
}

void InferenceWorker::answerDropped() {
  std::vector<std::function<void()>> answers;
  {
    const std::lock_guard lock(mutex_);
    if (isStopping_) {
      dropSegmentations();
      dropFindings();
      dropPreview();
    }
    answers.swap(dropped_);
  }
  for (const auto& answer : answers) answer();
}

void InferenceWorker::changeImage() {
  std::unique_ptr<Scene> old;
  {
    const std::lock_guard lock(mutex_);
    old = replaceScene();
  }
  publishEmbeddings(false, std::nullopt);
}

/// Makes the scene of the newest image and the model. The old one is for the caller to destroy without the mutex.
std::unique_ptr<InferenceWorker::Scene> InferenceWorker::replaceScene() {
  std::unique_ptr<Scene> old = std::move(scene_);
  if (image_ && model_) {
    scene_ = std::make_unique<Scene>(image_, *model_, embeddingBudget_bytes_);
    scene_->embeddings.setBetweenSteps([this] { answerMeanwhile(/*isEncoding=*/true); });
  }
  isImageNew_ = false;
  if (preview_) preview_->missing.reset();
  return old;
}

void InferenceWorker::load(const std::string& nameOrFile, const JobContext& job) {
  publishModel();
  Result<std::unique_ptr<Model>> loaded =
      withoutExceptions("loading the model", [&] { return loader_(nameOrFile, job); });
  if (loaded && !*loaded) loaded = Error(ErrorCode::kInternal, "loading the model gave no model");
  std::unique_ptr<Model> oldModel;
  std::unique_ptr<Scene> oldScene;  // dies before the model that it refers to
  {
    const std::lock_guard lock(mutex_);
    if (modelRequest_ || isStopping_) return;  // this model is not wanted any more
    if (loaded) {
      oldModel = std::exchange(model_, *std::move(loaded));
      oldScene = replaceScene();
      embeddingSize_bytes_ = 0;
      modelState_.phase = ModelState::Phase::kReady;
      modelState_.identity = model_->identity();
    } else {
      modelState_.phase = ModelState::Phase::kFailed;
      modelState_.problem = loaded.error().message();
      modelError_ = loaded.error();
    }
  }
  publishModel();
  if (oldScene || oldModel) publishEmbeddings(false, std::nullopt);
}

void InferenceWorker::answer(const Request& request, const JobContext& job) {
  Result<ObjectMask> result = maskFor(request, job);
  // A request that was cancelled while its last step ran is answered like one that was cancelled before.
  if (job.cancel.isCancelled()) result = cancelled();
  request.answer(std::move(result));
}

void InferenceWorker::find(const Finding& finding) {
  const auto advanced = [&](const Progress& progress) {
    if (finding.progress) finding.progress(progress);
    publishEmbeddings(true, std::nullopt);
    answerMeanwhile(/*isEncoding=*/false);
  };
  Result<FoundObjects> result = objects(finding.mode, {finding.cancel.token(), advanced});
  {
    const std::lock_guard lock(mutex_);
    finding_.reset();
  }
  if (finding.cancel.token().isCancelled()) result = cancelled();
  finding.answer(std::move(result));
}

/// Between two steps of something long: a click must wait neither for a thousand planes nor for a large network.
void InferenceWorker::answerMeanwhile(bool isEncoding) {
  std::unique_lock lock(mutex_);
  if (!running_ || (running_->work != Work::kEmbedding && running_->work != Work::kFinding)) return;
  const Running interrupted = *running_;
  // While a tile is encoded only what needs no other tile can be answered.
  const auto isAnswerable = [&] {
    if (isStopping_ || isImageNew_ || modelRequest_) return false;
    return segmentations_.empty() || !isEncoding || isWarm(segmentations_.front().prompts);
  };
  while (isAnswerable()) {
    Task task = takeAnswer();
    if (!task) break;
    runUnlocked(lock, std::move(task));
  }
  running_ = interrupted;
  if (!hasRequests()) idle_.notify_all();
  // What came while something else seemed to run has not interrupted this.
  if (isStopping_ || isImageNew_ || modelRequest_) return interrupt({Work::kEmbedding});
  if (!interrupted.tile || segmentations_.empty()) return;
  const std::vector<TileAddress> tiles = tilesOf(segmentations_.front().prompts, scene_->embeddings);
  if (std::find(tiles.begin(), tiles.end(), *interrupted.tile) == tiles.end()) interrupt({Work::kEmbedding});
}

Result<FoundObjects> InferenceWorker::objects(AutomaticMode mode, const JobContext& job) {
  if (!scene_) return withoutScene();
  const ModelIdentity& identity = model_->identity();
  auto found = withoutExceptions("finding all objects", [&] {
    return segmentAutomatically(scene_->embeddings, *model_, mode, presetFor(identity.name), job);
  });
  publishEmbeddings(true, std::nullopt);
  if (!found) return std::move(found).error();
  return FoundObjects{*std::move(found), identity};
}

/// Why there is no image or no model.
Error InferenceWorker::withoutScene() const {
  const std::lock_guard lock(mutex_);
  if (!image_) return Error(ErrorCode::kInvalidArgument, "no image is open; open one first");
  return modelError_.value_or(Error(ErrorCode::kNotFound, "no model is loaded; choose one first"));
}

Result<ObjectMask> InferenceWorker::maskFor(const Request& request, const JobContext& job) {
  if (!scene_) return withoutScene();
  for (const TileAddress& tile : tilesOf(request.prompts, scene_->embeddings)) {
    if (!scene_->isReady(tile)) CYTO_TRY(embed(tile, job));
  }
  return withoutExceptions("segmenting", [&]() -> Result<ObjectMask> {
    if (request.alternative <= 0) return scene_->segmenter.segment(request.prompts, job);
    CYTO_ASSIGN(std::vector<ObjectMask> masks, scene_->segmenter.alternatives(request.prompts, job));
    return std::move(masks[static_cast<size_t>(request.alternative) % masks.size()]);
  });
}

void InferenceWorker::embedAhead(const TileAddress& tile, const JobContext& job) {
  const Status embedded = embed(tile, job);
  if (embedded || job.cancel.isCancelled()) return;
  {
    const std::lock_guard lock(mutex_);
    scene_->hasFailed = true;
  }
  if (listener_.embeddingFailed) listener_.embeddingFailed(embedded.error());
}

Status InferenceWorker::embed(const TileAddress& tile, const JobContext& job) {
  publishEmbeddings(true, tile);
  const Result<EmbeddingPtr> made = withoutExceptions(
      "embedding the image", [&] { return scene_->embeddings.embedding(tile.t, tile.z, tile.tile, job); });
  if (made) {
    const std::lock_guard lock(mutex_);
    embeddingSize_bytes_ = std::max(embeddingSize_bytes_, (*made)->size_bytes());
  }
  publishEmbeddings(true, std::nullopt);
  if (!made) return made.error();
  return {};
}

void InferenceWorker::publishModel() const {
  if (listener_.modelChanged) listener_.modelChanged(modelState());
}

void InferenceWorker::publishEmbeddings(bool isWorking, std::optional<TileAddress> current) {
  EmbeddingState state;
  {
    const std::lock_guard lock(mutex_);
    if (scene_ && !isImageNew_) {  // of an image that was left meanwhile nothing is said
      const int64_t all = tileCount(scene_->embeddings);
      const int64_t kept = embeddingSize_bytes_ == 0 ? all : static_cast<int64_t>(tilesInBudget());
      state = {scene_->embeddings.readyCount(), std::min(all, kept), isWorking, current};
    }
    embeddingState_ = state;
  }
  if (listener_.embeddingChanged) listener_.embeddingChanged(state);
}

}  // namespace cyto
