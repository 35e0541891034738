#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/usable_resources.h"
#include "core/inference/model.h"
#include "core/io/image_source.h"
#include "core/segmentation/automatic/instance_segmenter.h"
#include "core/segmentation/encoding_provider.h"
#include "core/segmentation/prompt_segmenter.h"
#include "core/session/attention.h"

namespace cyto {

/// Loads a model by registry name or from a weights file; the empty text means the default model.
using ModelLoader = std::function<Result<std::unique_ptr<Model>>(const std::string& nameOrFile, const JobContext& job)>;

/// What the worker's model is right now.
struct ModelState {
  enum class Phase { kNone, kLoading, kReady, kFailed };
  Phase phase = Phase::kNone;
  std::string requested;   ///< what was asked for; empty: the default model
  ModelIdentity identity;  ///< when ready
  std::string problem;     ///< a sentence, when failed
};

/// How far the embeddings of one image are.
struct EmbeddingState {
  int64_t ready = 0;   ///< tiles of the whole image that are in memory
  int64_t wanted = 0;  ///< as many as will be kept: all, or what fits the memory budget
  bool isWorking = false;
  std::optional<TileAddress> current;  ///< being encoded now
};

/// All objects of an image, and the model that found them.
struct FoundObjects {
  InstanceSegmentation segmentation;
  ModelIdentity model;
};

/// Owns the one thread on which models are loaded, tiles embedded and prompts answered. Requests are values and come
/// back at once; answers come on the worker's thread and must be passed on quickly. Urgency: model and image changes,
/// then segmentations in their order, then the newest preview, then finding all objects, then embedding ahead by
/// attention. Segmentations and previews whose tiles are in memory are answered between the steps of embedding ahead
/// and of finding; a segmentation of a tile that is not interrupts the embedding of another one, a preview waits for
/// its tile, which the cursor puts first. Thread-safe.
class InferenceWorker {
 public:
  struct Listener {
    std::function<void(const ModelState&)> modelChanged;
    std::function<void(const EmbeddingState&)> embeddingChanged;
    std::function<void(const Error&)> embeddingFailed;  ///< once per image and model; embedding ahead stops then
  };
  using Answer = std::function<void(Result<ObjectMask>)>;
  using ObjectsAnswer = std::function<void(Result<FoundObjects>)>;

  /// Embeddings that are kept in memory where it suffices. 256 MB hold 61 tiles of a SAM encoder.
  static constexpr int64_t kWantedBudget_bytes = 256'000'000;

  InferenceWorker(ModelLoader loader, Listener listener,
                  int64_t embeddingBudget_bytes = cacheBudget_bytes(kWantedBudget_bytes));
  /// Cancels what runs, answers what waits with kCancelled, joins.
  ~InferenceWorker();
  InferenceWorker(const InferenceWorker&) = delete;
  InferenceWorker& operator=(const InferenceWorker&) = delete;

  /// Null takes the image away. What waits for the old image is answered with kCancelled.
  void setImage(std::shared_ptr<const io::ImageSource> image);

  /// Starts loading; on failure the model before stays in use. Prompts that wait are answered by the new model.
  void loadModel(std::string nameOrFile);

  void setAttention(const Attention& attention);

  /// Answers the prompts. Alternative 0 is the answer of `PromptSegmenter::segment`; 1, 2, … are the other masks that
  /// the model sees for the same prompts, and after the last one comes 0 again. Loads the default model when none was
  /// asked for. Waits for its tile.
  void segment(ObjectPrompts prompts, int alternative, Answer answer);

  /// Finds all objects of the image with the parameters that suit the model. Long work: segmentations and previews come
  /// before it, and between its steps; another image or model ends it with kCancelled. Returns a number for
  /// `cancelFinding`. kInvalidArgument when the model lacks the instance decoder that is asked for.
  uint64_t findObjects(AutomaticMode mode, ObjectsAnswer answer, ProgressSink progress = {});

  /// Drops what waits or runs under this number; it is answered with kCancelled.
  void cancelFinding(uint64_t number);

  /// The mask that a click would give. The newest replaces one that waits, which is answered with kCancelled.
  void preview(ObjectPrompts prompts, Answer answer);

  /// Drops a preview that waits.
  void cancelPreview();

  /// Drops segmentations that wait or run; they are answered with kCancelled.
  void cancelSegmentations();

  ModelState modelState() const;
  EmbeddingState embeddingState() const;

  /// Whether a preview at this place would need no encoding.
  bool isWarm(int64_t t, int64_t z, double y, double x) const;

  /// Blocks until no request waits or runs; embedding ahead does not count unless `withEmbeddings`. Never call it from
  /// an answer.
  void waitUntilIdle(bool withEmbeddings = false);

 private:
  struct Request {
    ObjectPrompts prompts;
    int alternative = 0;
    Answer answer;
  };

  /// All objects are to be found.
  struct Finding {
    uint64_t number = 0;
    AutomaticMode mode = AutomaticMode::kAuto;
    CancelSource cancel = {};
    ObjectsAnswer answer;
    ProgressSink progress;
  };

  struct WaitingPreview {
    Request request;
    /// Its tiles that were not in memory yet; unknown until the thread looks.
    std::optional<std::vector<TileAddress>> missing;
  };

  /// What hangs on one image and one model.
  struct Scene {
    Scene(std::shared_ptr<const io::ImageSource> source, Model& model, int64_t budget_bytes);
    std::shared_ptr<const io::ImageSource> image;
    EncodingProvider embeddings;
    PromptSegmenter segmenter;
    bool hasFailed = false;  ///< nothing is embedded ahead any more

    /// Whether prompts on this tile need no encoding: its embedding, or a prepared one, is in memory.
    bool isReady(const TileAddress& tile) const {
      return embeddings.isReady(tile.t, tile.z, tile.tile) || segmenter.isPrepared(tile);
    }
  };

  enum class Work { kAnswering, kChangingImage, kLoading, kSegmenting, kPreviewing, kFinding, kEmbedding };
  struct Running {
    Work work;
    CancelSource cancel;
    std::optional<TileAddress> tile;  ///< of kEmbedding
  };
  using Task = std::function<void(const JobContext&)>;

  // The thread, without the mutex.
  void work();
  void runUnlocked(std::unique_lock<std::mutex>& lock, Task task);
  void answerDropped();
  void changeImage();
  void load(const std::string& nameOrFile, const JobContext& job);
  void answer(const Request& request, const JobContext& job);
  void find(const Finding& finding);
  Result<FoundObjects> objects(AutomaticMode mode, const JobContext& job);
  void answerMeanwhile(bool isEncoding);
  Error withoutScene() const;
  Result<ObjectMask> maskFor(const Request& request, const JobContext& job);
  void embedAhead(const TileAddress& tile, const JobContext& job);
  Status embed(const TileAddress& tile, const JobContext& job);
  void publishModel() const;
  void publishEmbeddings(bool isWorking, std::optional<TileAddress> current);

  // With the mutex held.
  Task takeMostUrgent();
  Task takeDropped();
  Task takeAnswer();
  bool isWarm(const ObjectPrompts& prompts) const;
  Task start(Work work, Task task);
  bool isPreviewDue();
  std::optional<TileAddress> nextTile();
  size_t tilesInBudget() const;
  std::unique_ptr<Scene> replaceScene();
  void requestModel(std::string nameOrFile);
  void dropPreview();
  void dropSegmentations();
  void dropFinding(const Finding& finding);
  void dropFindings();
  void interrupt(std::initializer_list<Work> works);
  void wake();
  bool hasRequests() const;

  const ModelLoader loader_;
  const Listener listener_;
  const int64_t embeddingBudget_bytes_;

  mutable std::mutex mutex_;  // guards everything below but model_; model_ and scene_ are changed by the thread only
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::shared_ptr<const io::ImageSource> image_;
  bool isImageNew_ = false;  // scene_ does not show image_ yet
  std::optional<std::string> modelRequest_;
  std::deque<Request> segmentations_;
  std::deque<Finding> findings_;
  std::optional<Finding> finding_;  // runs, perhaps with an answer between its tiles
  uint64_t lastFinding_ = 0;
  std::optional<WaitingPreview> preview_;
  std::optional<Attention> attention_;
  std::vector<std::function<void()>> dropped_;  // to be answered with kCancelled
  std::optional<Running> running_;
  bool isAsleep_ = false;  // the thread has found nothing to do since the last call
  bool isStopping_ = false;
  ModelState modelState_;
  std::optional<Error> modelError_;  // why there is no model
  EmbeddingState embeddingState_;
  int64_t embeddingSize_bytes_ = 0;  // the largest of this model so far; 0 until there was one
  std::unique_ptr<Model> model_;
  std::unique_ptr<Scene> scene_;  // null without an image or a model; refers to model_
  std::thread thread_;            // last, because it uses all the others
};

}  // namespace cyto
