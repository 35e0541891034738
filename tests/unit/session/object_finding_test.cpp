#include "core/session/inference_worker.h"
#include "tests/unit/session/inference_worker_fixture.h"

namespace cyto {
namespace {

using test::clickInTile;
using test::InferenceWorkerTest;
using test::Reference;
using testing::HasSubstr;

struct PendingObjects {
  uint64_t number = 0;
  std::future<Result<FoundObjects>> found;
};

PendingObjects findObjects(InferenceWorker& worker, AutomaticMode mode = AutomaticMode::kAuto) {
  const auto promise = std::make_shared<std::promise<Result<FoundObjects>>>();
  const uint64_t number =
      worker.findObjects(mode, [promise](Result<FoundObjects> found) { promise->set_value(std::move(found)); });
  return {number, promise->get_future()};
}

TEST_F(InferenceWorkerTest, AllObjectsAreThoseOfTheSegmenter) {
  Reference reference(test::kWideShape);
  const auto expected = segmentInstances(reference.provider, *reference.model.instanceDecoder(), {}, {});
  ASSERT_TRUE(expected);
  ASSERT_GT(expected->objects, 20u);
  openWideImage();
  const auto found = findObjects(*worker_).found.get();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->segmentation.labels, expected->labels);
  EXPECT_EQ(found->segmentation.objects, expected->objects);
  EXPECT_EQ(found->model.name, "default");
}

TEST_F(InferenceWorkerTest, FindingObjectsNeedsAnImageAndWhatIsAskedFor) {
  EXPECT_THAT(findObjects(*worker_).found.get().error().message(), HasSubstr("no image is open"));
  openWideImage();
  worker_->loadModel("prompts only");
  const auto refused = findObjects(*worker_, AutomaticMode::kInstanceDecoder).found.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("'prompts only' has no instance decoder"));
}

TEST_F(InferenceWorkerTest, AModelWithoutInstanceDecoderFindsObjectsByAGridOfClicks) {
  Reference reference(test::kWideShape);
  const auto expected = segmentByGrid(reference.provider, reference.model.decoder(), {}, {});
  ASSERT_TRUE(expected);
  ASSERT_GT(expected->objects, 0u);
  openWideImage();
  EXPECT_EQ(findObjects(*worker_, AutomaticMode::kGrid).found.get()->segmentation.labels, expected->labels);
  worker_->loadModel("prompts only");
  const auto found = findObjects(*worker_).found.get();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->segmentation.labels, expected->labels);
}

TEST_F(InferenceWorkerTest, FindingObjectsIsCancelledByItsNumberAlone) {
  openWideImage();
  gate_.close();
  PendingObjects first = findObjects(*worker_);
  ASSERT_TRUE(gate_.waitForArrival(1));
  PendingObjects second = findObjects(*worker_);
  worker_->cancelSegmentations();
  worker_->cancelFinding(second.number);
  gate_.open();
  EXPECT_TRUE(first.found.get());
  EXPECT_EQ(second.found.get().error().code(), ErrorCode::kCancelled);
}

TEST_F(InferenceWorkerTest, FindingObjectsIsCancelledWhileItRuns) {
  openWideImage();
  gate_.close();
  PendingObjects running = findObjects(*worker_);
  ASSERT_TRUE(gate_.waitForArrival(1));
  worker_->cancelFinding(running.number);
  EXPECT_EQ(running.found.get().error().code(), ErrorCode::kCancelled);
  gate_.open();
  EXPECT_TRUE(findObjects(*worker_).found.get());
}

TEST_F(InferenceWorkerTest, AnotherModelOrImageEndsFindingObjects) {
  openWideImage();
  gate_.close();
  PendingObjects first = findObjects(*worker_);
  ASSERT_TRUE(gate_.waitForArrival(1));
  worker_->loadModel("a");
  EXPECT_EQ(first.found.get().error().code(), ErrorCode::kCancelled);
  PendingObjects second = findObjects(*worker_);
  ASSERT_TRUE(gate_.waitForArrival(2));
  openWideImage();
  EXPECT_EQ(second.found.get().error().code(), ErrorCode::kCancelled);
}

// Ten thousand tiles may be in the way of a click; one may.
TEST_F(InferenceWorkerTest, AClickIsAnsweredBetweenTheTilesOfASearch) {
  openWideImage();
  gate_.close();
  std::string order;
  std::vector<Progress> told;
  worker_->findObjects(
      AutomaticMode::kAuto, [&](const Result<FoundObjects>& found) { order += found ? 'o' : '?'; },
      [&](const Progress& progress) { told.push_back(progress); });
  ASSERT_TRUE(gate_.waitForArrival(1));
  worker_->segment(clickInTile(3), 0, [&](const Result<ObjectMask>& mask) { order += mask ? 'c' : '?'; });
  worker_->preview(clickInTile(0), [&](const Result<ObjectMask>& mask) { order += mask ? 'p' : '?'; });
  gate_.open();
  worker_->waitUntilIdle();
  EXPECT_EQ(order, "cpo");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().done, 4);
  EXPECT_EQ(told.back().total, 4);
}

}  // namespace
}  // namespace cyto
