#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "core/session/inference_worker.h"
#include "tests/support/random_seed.h"
#include "tests/unit/session/inference_worker_fixture.h"

namespace cyto {
namespace {

using test::attentionAtTile;
using test::click;
using test::InferenceWorkerTest;
using test::kEmbedding_bytes;
using test::MemorySource;

/// Calls at random, on one of several threads; counts in `calls` how often each answer came.
class RandomCaller {
 public:
  RandomCaller(InferenceWorker& worker, uint64_t seed) : worker_(worker), random_(seed), calls_(kSteps) {}

  void run() {
    for (size_t step = 0; step < kSteps; ++step) callOnce(step);
  }

  /// How many of the requests were not answered exactly once.
  int64_t wrong() const {
    return std::count_if(asked_.begin(), asked_.end(), [&](size_t step) { return calls_[step] != 1; });
  }

 private:
  static constexpr size_t kSteps = 400;

  void callOnce(size_t step) {
    const auto answer = [this, step](const Result<ObjectMask>&) { ++calls_[step]; };
    const int tile = static_cast<int>(random_() % 5);  // the last lies outside
    switch (random_() % 14) {
      case 0: worker_.setImage(tile < 4 ? std::make_shared<MemorySource>(kShape, test::nestedSquares) : nullptr); break;
      case 1: worker_.loadModel(tile == 0 ? "broken" : tile == 1 ? "throws" : "a"); break;
      case 2: worker_.cancelPreview(); break;
      case 3: worker_.cancelSegmentations(); break;
      case 4: worker_.isWarm(0, 0, 10, tile * 768.0); break;
      case 5: worker_.embeddingState(); break;
      case 6: worker_.setAttention(attentionAtTile(tile)); break;
      case 7: worker_.waitUntilIdle(); break;
      case 8:
      case 9:
        asked_.push_back(step);
        worker_.segment(click(10, 50 + 800 * tile), tile, answer);
        break;
      case 10:
        asked_.push_back(step);
        lastFinding_ =
            worker_.findObjects(AutomaticMode::kAuto, [this, step](const Result<FoundObjects>&) { ++calls_[step]; });
        break;
      case 11: worker_.cancelFinding(lastFinding_); break;
      default: asked_.push_back(step); worker_.preview(click(10, 50 + 800 * tile), answer);
    }
  }

  static constexpr Shape kShape{1, 1, 20, 4 * 768};
  InferenceWorker& worker_;
  std::mt19937_64 random_;
  std::vector<std::atomic<int>> calls_;
  std::vector<size_t> asked_;
  uint64_t lastFinding_ = 0;
};

TEST_F(InferenceWorkerTest, RandomCallsOfManyThreadsAreAnsweredOnceEach) {
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  makeWorker(2 * kEmbedding_bytes);
  std::vector<std::unique_ptr<RandomCaller>> callers;
  for (uint64_t i = 0; i < 3; ++i) callers.push_back(std::make_unique<RandomCaller>(*worker_, seed * 3 + i));
  std::vector<std::thread> threads;
  for (const auto& caller : callers) threads.emplace_back([&caller] { caller->run(); });
  for (std::thread& thread : threads) thread.join();
  worker_.reset();
  for (const auto& caller : callers) EXPECT_EQ(caller->wrong(), 0);
}

}  // namespace
}  // namespace cyto
