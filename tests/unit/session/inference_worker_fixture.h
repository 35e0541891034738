#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "core/inference/fake_model.h"
#include "core/session/inference_worker.h"
#include "tests/unit/segmentation/memory_source.h"

namespace cyto::test {

inline constexpr int64_t kEmbedding_bytes = 4 << 20;  ///< of the fake model, whatever the tile
inline constexpr std::chrono::seconds kTimeout{60};   ///< for what must happen; only a failing test waits so long

/// Where the worker's thread stops until a test lets it go on, so that tests decide what happens meanwhile.
class Gate {
 public:
  void close() { set(false); }
  void open() { set(true); }

  /// Blocks until the gate is open or the job is cancelled; meanwhile it is between steps.
  Status pass(const JobContext& job, const std::function<void()>& betweenSteps = {}) {
    std::unique_lock lock(mutex_);
    ++arrivals_;
    changed_.notify_all();
    while (!isOpen_ && !job.cancel.isCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(1));
      if (!betweenSteps) continue;
      lock.unlock();
      betweenSteps();
      lock.lock();
    }
    return job.cancel.check();
  }

  /// Blocks until somebody has come to the gate for the n-th time.
  bool waitForArrival(int n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kTimeout, [&] { return arrivals_ >= n; });
  }

  int arrivals() const {
    const std::lock_guard lock(mutex_);
    return arrivals_;
  }

 private:
  void set(bool isOpen) {
    const std::lock_guard lock(mutex_);
    isOpen_ = isOpen;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool isOpen_ = true;
  int arrivals_ = 0;
};

/// The fake model, with a gate before each encode.
class GatedModel : public Model, private ImageEncoder {
 public:
  GatedModel(Gate& gate, const std::string& name) : gate_(gate), name_(name), inner_({.name = name}) {}

  const ModelIdentity& identity() const override { return inner_.identity(); }
  ImageEncoder& encoder() override { return *this; }
  PromptDecoder& decoder() override { return inner_.decoder(); }
  InstanceDecoder* instanceDecoder() override { return name_ == "prompts only" ? nullptr : inner_.instanceDecoder(); }

 private:
  Result<Embedding> encode(const RgbImage& image, const JobContext& job,
                           const std::function<void()>& betweenSteps) override {
    CYTO_TRY(gate_.pass(job, betweenSteps));
    if (name_ == "cannot encode") return Error(ErrorCode::kModel, "this model cannot encode");
    if (name_ == "throws on encode") throw std::bad_alloc();
    return inner_.encoder().encode(image, job);
  }

  Gate& gate_;
  std::string name_;
  FakeModel inner_;
};

/// In each field of 100 pixels three nested squares, each of which another alternative of the model sees.
inline int nestedSquares(int64_t, int64_t, int64_t y, int64_t x) {
  const int64_t distance = std::max(std::abs(y % 100 - 50), std::abs(x % 100 - 50));
  if (distance == 50) return y % 100 == 0 && x % 100 == 0 ? 255 : 0;  // the same contrast stretch in every tile
  return distance < 5 ? 200 : distance < 10 ? 180 : distance < 20 ? 140 : 0;
}

/// Four tiles in a row.
inline constexpr Shape kWideShape{1, 1, 100, 4 * 768};

inline ObjectPrompts click(double y, double x, int64_t t = 0, int64_t z = 0) {
  return {1, t, z, {{y, x, true}}, {}, {}, false};
}

/// On an object near the middle of one of the four tiles.
inline ObjectPrompts clickInTile(int tile) { return click(50, 350 + 800 * tile); }

inline Attention attentionAtTile(int tile) {
  Attention attention;
  attention.cursor = {{50.0, 383.0 + 768.0 * tile}};
  return attention;
}

/// Answers in the simplest way: on the calling thread.
struct Reference {
  explicit Reference(const Shape& shape) : image(shape, nestedSquares) {}
  FakeModel model;
  MemorySource image;
  EncodingProvider provider{image, model.encoder(), sessionTiling(image.info().shape)};
  PromptSegmenter segmenter{provider, model.decoder()};
};

class InferenceWorkerTest : public testing::Test {
 protected:
  using Answered = std::future<Result<ObjectMask>>;

  InferenceWorkerTest() { makeWorker(InferenceWorker::kWantedBudget_bytes); }

  void makeWorker(int64_t budget_bytes) {
    worker_.reset();
    worker_ = std::make_unique<InferenceWorker>(
        [this](const std::string& name, const JobContext& job) { return load(name, job); },
        InferenceWorker::Listener{
            [this](const ModelState& state) { note(modelStates_, state); },
            [this](const EmbeddingState& state) { note(embeddingStates_, state); },
            [this](const Error& error) { note(failures_, error.message()); },
        },
        budget_bytes);
  }

  Result<std::unique_ptr<Model>> load(const std::string& name, const JobContext& job) {
    note(loaded_, name);
    if (name == "slow") CYTO_TRY(loaderGate_.pass(job));
    if (name == "broken") return Error(ErrorCode::kModel, "the weights are broken");
    if (name == "throws") throw std::bad_alloc();
    if (name == "null") return std::unique_ptr<Model>();
    return std::unique_ptr<Model>(std::make_unique<GatedModel>(gate_, name.empty() ? "default" : name));
  }

  void openWideImage() { worker_->setImage(std::make_shared<MemorySource>(kWideShape, nestedSquares)); }

  Answered segment(const ObjectPrompts& prompts, int alternative = 0) {
    const auto promise = std::make_shared<std::promise<Result<ObjectMask>>>();
    worker_->segment(prompts, alternative, [promise](Result<ObjectMask> answer) { promise->set_value(answer); });
    return promise->get_future();
  }

  Answered preview(const ObjectPrompts& prompts) {
    const auto promise = std::make_shared<std::promise<Result<ObjectMask>>>();
    worker_->preview(prompts, [promise](Result<ObjectMask> answer) { promise->set_value(answer); });
    return promise->get_future();
  }

  static Result<ObjectMask> get(Answered& answered) {
    if (answered.wait_for(kTimeout) == std::future_status::ready) return answered.get();
    return Error(ErrorCode::kInternal, "no answer came");
  }
  static Result<ObjectMask> get(Answered&& answered) { return get(answered); }

  /// What went wrong, or nothing.
  template <typename FutureOrResult>
  static std::optional<ErrorCode> codeOf(FutureOrResult&& answered) {
    const Result<ObjectMask> result = get(answered);
    if (result) return std::nullopt;
    return result.error().code();
  }

  static bool isWaiting(const Answered& answered) {
    return answered.wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
  }

  /// The tiles that were begun so far, in their order.
  std::vector<int64_t> begunTiles() const {
    std::vector<int64_t> tiles;
    for (const EmbeddingState& state : noted(embeddingStates_)) {
      if (state.current) tiles.push_back(state.current->tile);
    }
    return tiles;
  }

  template <typename T>
  void note(std::vector<T>& list, const T& value) {
    const std::lock_guard lock(mutex_);
    list.push_back(value);
  }

  template <typename T>
  std::vector<T> noted(const std::vector<T>& list) const {
    const std::lock_guard lock(mutex_);
    return list;
  }

  Gate gate_;        ///< before each encode
  Gate loaderGate_;  ///< before the model "slow" is there
  mutable std::mutex mutex_;
  std::vector<std::string> loaded_;
  std::vector<ModelState> modelStates_;
  std::vector<EmbeddingState> embeddingStates_;
  std::vector<std::string> failures_;
  std::unique_ptr<InferenceWorker> worker_;
};

}  // namespace cyto::test
