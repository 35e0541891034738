#include "core/session/inference_worker.h"

#include <limits>

#include "tests/unit/session/inference_worker_fixture.h"

namespace cyto {
namespace {

using test::attentionAtTile;
using test::click;
using test::clickInTile;
using test::InferenceWorkerTest;
using test::kEmbedding_bytes;
using test::MemorySource;
using test::Reference;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Phase = ModelState::Phase;

TEST_F(InferenceWorkerTest, AnswersAreThoseOfTheSegmenter) {
  const Shape shape{2, 2, 100, 1800};
  Reference reference(shape);
  worker_->setImage(std::make_shared<MemorySource>(shape, test::nestedSquares));
  const ObjectPrompts box{4, 1, 0, {}, {{30, 30, 70, 70}}, {}, false};
  const ObjectPrompts pieces{5, 0, 1, {{50, 1750, true}}, {{30, 30, 70, 70}, {30, 930, 70, 970}}, {}, false};
  for (const ObjectPrompts& prompts : {click(50, 50), click(50, 1750, 1, 1), box, pieces}) {
    for (const int alternative : {0, 1, 2, 3, 7}) {
      const auto masks = reference.segmenter.alternatives(prompts, {});
      ASSERT_TRUE(masks);
      const size_t index = static_cast<size_t>(alternative) % masks->size();
      const auto answer = get(segment(prompts, alternative));
      ASSERT_TRUE(answer) << answer.error().message();
      EXPECT_EQ(answer->mask, (*masks)[index].mask);
      EXPECT_EQ(answer->predictedIou, (*masks)[index].predictedIou);
      EXPECT_EQ(answer->tiles, (*masks)[index].tiles);
      EXPECT_EQ(answer->id, prompts.id);
    }
    EXPECT_EQ(get(preview(prompts))->mask, reference.segmenter.segment(prompts, {})->mask);
  }
}

TEST_F(InferenceWorkerTest, ErrorsOfThePromptsComeBack) {
  openWideImage();
  EXPECT_EQ(codeOf(segment(click(50, 99'999))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(codeOf(preview(click(50, 50, 3))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(gate_.arrivals(), 0);
}

TEST_F(InferenceWorkerTest, WithoutAnImageASegmentationIsRefusedAndAPreviewDropped) {
  const auto refused = get(segment(click(1, 1)));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("no image is open"));
  EXPECT_EQ(codeOf(preview(click(1, 1))), ErrorCode::kCancelled);
  EXPECT_THAT(noted(loaded_), IsEmpty());
}

TEST_F(InferenceWorkerTest, TheDefaultModelIsLoadedByTheFirstSegmentationOnly) {
  openWideImage();
  EXPECT_EQ(codeOf(preview(clickInTile(0))), ErrorCode::kCancelled) << "a preview loads no model";
  EXPECT_EQ(worker_->modelState().phase, Phase::kNone);
  ASSERT_TRUE(get(segment(clickInTile(0))));
  ASSERT_TRUE(get(segment(clickInTile(1))));
  EXPECT_THAT(noted(loaded_), ElementsAre(""));
  EXPECT_EQ(worker_->modelState().phase, Phase::kReady);
  EXPECT_EQ(worker_->modelState().identity.name, "default");
}

TEST_F(InferenceWorkerTest, NothingIsEmbeddedAheadBeforeAttentionIsKnown) {
  openWideImage();
  worker_->loadModel("a");
  worker_->waitUntilIdle(true);
  EXPECT_EQ(gate_.arrivals(), 0);
  worker_->setAttention(attentionAtTile(3));
  worker_->waitUntilIdle(true);
  EXPECT_THAT(begunTiles(), ElementsAre(3, 2, 1, 0));
  EXPECT_EQ(worker_->embeddingState().ready, 4);
}

TEST_F(InferenceWorkerTest, TheEmbeddingStateTellsOfEachTileAndOfTheEnd) {
  openWideImage();
  worker_->loadModel("a");
  worker_->setAttention(attentionAtTile(0));
  worker_->waitUntilIdle(true);
  const auto states = noted(embeddingStates_);
  int64_t ready = 0;
  for (const EmbeddingState& state : states) {
    EXPECT_GE(state.ready, ready);
    EXPECT_LE(state.ready, ready + 1) << "no tile is passed over";
    ready = state.ready;
  }
  EXPECT_EQ(ready, 4);
  EXPECT_EQ(states.back().wanted, 4);
  EXPECT_FALSE(states.back().isWorking);
  EXPECT_FALSE(states.back().current);
  EXPECT_TRUE(states[states.size() - 2].isWorking);
}

TEST_F(InferenceWorkerTest, WarmPlacesAreThoseWhoseTileIsReady) {
  openWideImage();
  EXPECT_FALSE(worker_->isWarm(0, 0, 50, 50));
  ASSERT_TRUE(get(segment(clickInTile(1))));
  EXPECT_TRUE(worker_->isWarm(0, 0, 50, 768 + 384));
  EXPECT_FALSE(worker_->isWarm(0, 0, 50, 384));
  for (const double hostile : {-1.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(worker_->isWarm(0, 0, hostile, 768 + 384));
  }
  EXPECT_FALSE(worker_->isWarm(1, 0, 50, 768 + 384));
  EXPECT_FALSE(worker_->isWarm(0, -1, 50, 768 + 384));
  openWideImage();
  EXPECT_FALSE(worker_->isWarm(0, 0, 50, 768 + 384)) << "the embeddings are of another image";
}

TEST_F(InferenceWorkerTest, APreviewWaitsForItsTile) {
  openWideImage();
  worker_->loadModel("a");
  gate_.close();
  worker_->setAttention(attentionAtTile(2));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered answered = preview(clickInTile(2));
  EXPECT_TRUE(isWaiting(answered));
  EXPECT_FALSE(worker_->isWarm(0, 0, 50, 384 + 2 * 768));
  gate_.open();
  const auto answer = get(answered);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_TRUE(answer->mask.at(50, 350 + 2 * 800));
  EXPECT_TRUE(worker_->isWarm(0, 0, 50, 384 + 2 * 768));
}

TEST_F(InferenceWorkerTest, APreviewInterruptsNothingAndItsTileComesNext) {
  openWideImage();
  worker_->loadModel("a");
  gate_.close();
  worker_->setAttention(attentionAtTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered answered = preview(clickInTile(3));
  gate_.open();
  ASSERT_TRUE(get(answered));
  worker_->waitUntilIdle(true);
  EXPECT_THAT(begunTiles(), ElementsAre(0, 3, 1, 2));
  EXPECT_EQ(gate_.arrivals(), 4);
}

TEST_F(InferenceWorkerTest, APreviewIsAnsweredWithoutAttentionToo) {
  openWideImage();
  worker_->loadModel("a");
  EXPECT_EQ(codeOf(preview(clickInTile(1))), std::nullopt);
  worker_->waitUntilIdle(true);
  EXPECT_EQ(gate_.arrivals(), 1);
}

TEST_F(InferenceWorkerTest, TheNewestPreviewReplacesOneThatWaits) {
  openWideImage();
  worker_->loadModel("a");
  gate_.close();
  worker_->setAttention(attentionAtTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered first = preview(clickInTile(0));
  Answered second = preview(clickInTile(0));
  Answered third = preview(clickInTile(0));
  Answered last = preview(clickInTile(1));
  gate_.open();
  EXPECT_EQ(codeOf(first), ErrorCode::kCancelled);
  EXPECT_EQ(codeOf(second), ErrorCode::kCancelled);
  EXPECT_EQ(codeOf(third), ErrorCode::kCancelled);
  EXPECT_EQ(get(last)->tiles, std::vector<int64_t>{1});
  gate_.close();
  openWideImage();
  Answered taken = preview(clickInTile(0));
  worker_->cancelPreview();
  gate_.open();
  EXPECT_EQ(codeOf(taken), ErrorCode::kCancelled);
}

TEST_F(InferenceWorkerTest, APreviewWaitsForTheModelThatIsBeingLoaded) {
  openWideImage();
  loaderGate_.close();
  worker_->loadModel("slow");
  ASSERT_TRUE(loaderGate_.waitForArrival(1));
  EXPECT_EQ(worker_->modelState().phase, Phase::kLoading);
  Answered answered = preview(clickInTile(0));
  EXPECT_TRUE(isWaiting(answered));
  loaderGate_.open();
  EXPECT_EQ(codeOf(answered), std::nullopt);
}

TEST_F(InferenceWorkerTest, ASegmentationInterruptsTheEmbeddingOfAnotherTile) {
  openWideImage();
  worker_->loadModel("a");
  gate_.close();
  worker_->setAttention(attentionAtTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered answered = segment(clickInTile(3));
  ASSERT_TRUE(gate_.waitForArrival(2)) << "the gate is still closed, so only an interruption leads to a second encode";
  EXPECT_EQ(worker_->embeddingState().current, (TileAddress{0, 0, 3}));
  gate_.open();
  EXPECT_EQ(get(answered)->tiles, std::vector<int64_t>{3});
  worker_->waitUntilIdle(true);
  EXPECT_THAT(begunTiles(), ElementsAre(0, 3, 0, 1, 2)) << "what was interrupted is done later";
  EXPECT_THAT(noted(failures_), IsEmpty());
}

/// Tile 0 is in memory, tile 1 is being encoded, and the gate is closed.
class InferenceWorkerBesideAnEncode : public InferenceWorkerTest {
 protected:
  void SetUp() override {
    openWideImage();
    worker_->loadModel("a");
    ASSERT_TRUE(get(segment(clickInTile(0))));
    gate_.close();
    worker_->setAttention(attentionAtTile(1));
    ASSERT_TRUE(gate_.waitForArrival(2));
  }
};

TEST_F(InferenceWorkerBesideAnEncode, AnswersWhatNeedsNoOtherTile) {
  EXPECT_EQ(get(segment(clickInTile(0)))->tiles, std::vector<int64_t>{0});
  EXPECT_EQ(get(preview(clickInTile(0)))->tiles, std::vector<int64_t>{0});
  EXPECT_EQ(worker_->embeddingState().current, (TileAddress{0, 0, 1})) << "nothing was interrupted";
  EXPECT_EQ(gate_.arrivals(), 2);
  Answered ofThisTile = segment(clickInTile(1));
  Answered later = segment(clickInTile(0));
  EXPECT_TRUE(isWaiting(ofThisTile));
  EXPECT_TRUE(isWaiting(later)) << "segmentations keep their order";
  gate_.open();
  EXPECT_EQ(get(ofThisTile)->tiles, std::vector<int64_t>{1});
  EXPECT_EQ(get(later)->tiles, std::vector<int64_t>{0});
}

TEST_F(InferenceWorkerBesideAnEncode, IsIdleAfterAnAnswerWithoutWaitingForTheTile) {
  std::promise<void> waiting;
  worker_->segment(clickInTile(0), 0, [&](const Result<ObjectMask>&) { waiting.get_future().wait(); });
  const auto idle = std::async(std::launch::async, [&] { worker_->waitUntilIdle(); });
  EXPECT_EQ(idle.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout) << "the answer still runs";
  waiting.set_value();
  EXPECT_EQ(idle.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(worker_->embeddingState().current, (TileAddress{0, 0, 1}));
  gate_.open();
}

TEST_F(InferenceWorkerBesideAnEncode, IsInterruptedByASegmentationOfAColdTileBehindAWarmOne) {
  Answered warm = segment(clickInTile(0));
  Answered cold = segment(clickInTile(3));
  EXPECT_EQ(get(warm)->tiles, std::vector<int64_t>{0});
  ASSERT_TRUE(gate_.waitForArrival(3)) << "the gate is still closed, so only an interruption leads to a third encode";
  gate_.open();
  EXPECT_EQ(get(cold)->tiles, std::vector<int64_t>{3});
}

TEST_F(InferenceWorkerTest, ASegmentationWaitsForItsOwnTile) {
  openWideImage();
  worker_->loadModel("a");
  gate_.close();
  worker_->setAttention(attentionAtTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered first = segment(clickInTile(0));
  Answered second = segment(clickInTile(1));
  gate_.open();
  ASSERT_TRUE(get(first));
  ASSERT_TRUE(get(second));
  worker_->waitUntilIdle(true);
  EXPECT_THAT(begunTiles(), ElementsAre(0, 1, 2, 3)) << "nothing is encoded twice";
}

TEST_F(InferenceWorkerTest, SegmentationsAreAnsweredInTheirOrderAndBeforeThePreview) {
  openWideImage();
  gate_.close();
  std::string order;
  const auto append = [&](char letter) { return [&order, letter](const Result<ObjectMask>&) { order += letter; }; };
  worker_->segment(clickInTile(0), 0, append('a'));
  ASSERT_TRUE(gate_.waitForArrival(1));
  worker_->preview(clickInTile(0), append('p'));
  worker_->segment(clickInTile(2), 0, append('b'));
  worker_->segment(clickInTile(1), 0, append('c'));
  gate_.open();
  worker_->waitUntilIdle();
  EXPECT_EQ(order, "abcp");
}

TEST_F(InferenceWorkerTest, CancelAnswersRunningAndWaitingSegmentations) {
  openWideImage();
  gate_.close();
  Answered running = segment(clickInTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered waiting = segment(clickInTile(1));
  worker_->cancelSegmentations();
  EXPECT_EQ(codeOf(running), ErrorCode::kCancelled);
  EXPECT_EQ(codeOf(waiting), ErrorCode::kCancelled);
  gate_.open();
  EXPECT_EQ(codeOf(segment(clickInTile(0))), std::nullopt);
  EXPECT_EQ(gate_.arrivals(), 2);
}

TEST_F(InferenceWorkerTest, AnotherImageCancelsWhatWasAskedAboutTheOldOne) {
  openWideImage();
  gate_.close();
  Answered running = segment(clickInTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered waiting = segment(clickInTile(1));
  Answered hovering = preview(clickInTile(1));
  worker_->setImage(std::make_shared<MemorySource>(Shape{1, 1, 60, 60}, [](auto, auto, int64_t y, int64_t x) {
    return y >= 10 && y < 20 && x >= 30 && x < 40 ? 200 : 0;
  }));
  EXPECT_EQ(codeOf(running), ErrorCode::kCancelled);
  EXPECT_EQ(codeOf(waiting), ErrorCode::kCancelled);
  EXPECT_EQ(codeOf(hovering), ErrorCode::kCancelled);
  gate_.open();
  EXPECT_EQ(get(segment(click(15, 35)))->mask.box, (PlaneBox{10, 30, 20, 40}));
  worker_->waitUntilIdle();
  EXPECT_EQ(worker_->embeddingState().wanted, 1);
  worker_->setImage(nullptr);
  EXPECT_EQ(worker_->embeddingState().ready, 0);
  EXPECT_EQ(codeOf(segment(click(15, 35))), ErrorCode::kInvalidArgument);
}

TEST_F(InferenceWorkerTest, TheImageLivesAsLongAsItIsNeeded) {
  auto image = std::make_shared<MemorySource>(test::kWideShape, test::nestedSquares);
  const std::weak_ptr<MemorySource> watched = image;
  worker_->setImage(std::move(image));
  ASSERT_TRUE(get(segment(clickInTile(0))));
  EXPECT_FALSE(watched.expired());
  worker_->setImage(nullptr);
  worker_->waitUntilIdle();
  EXPECT_TRUE(watched.expired());
}

TEST_F(InferenceWorkerTest, AModelThatFailsLeavesTheOldOneAndItsEmbeddings) {
  openWideImage();
  worker_->loadModel("a");
  worker_->setAttention(attentionAtTile(0));
  worker_->waitUntilIdle(true);
  for (const std::string name : {"broken", "throws", "null"}) {
    worker_->loadModel(name);
    worker_->waitUntilIdle(true);
    const ModelState state = worker_->modelState();
    EXPECT_EQ(state.phase, Phase::kFailed);
    EXPECT_EQ(state.requested, name);
    EXPECT_EQ(state.identity.name, "a") << "the model in use";
    EXPECT_FALSE(state.problem.empty());
    EXPECT_EQ(noted(modelStates_).back().phase, Phase::kFailed);
    EXPECT_TRUE(worker_->isWarm(0, 0, 50, 50));
    ASSERT_TRUE(get(segment(clickInTile(0))));
  }
  EXPECT_EQ(gate_.arrivals(), 4);
}

TEST_F(InferenceWorkerTest, ANewModelEmbedsAnew) {
  openWideImage();
  worker_->loadModel("a");
  worker_->setAttention(attentionAtTile(0));
  worker_->waitUntilIdle(true);
  worker_->loadModel("b");
  EXPECT_FALSE(worker_->isWarm(0, 0, 50, 50));
  worker_->waitUntilIdle(true);
  EXPECT_EQ(gate_.arrivals(), 8);
  EXPECT_EQ(worker_->embeddingState().ready, 4);
  EXPECT_EQ(worker_->modelState().identity.name, "b");
  std::vector<Phase> phases;
  for (const ModelState& state : noted(modelStates_)) phases.push_back(state.phase);
  EXPECT_THAT(phases, ElementsAre(Phase::kLoading, Phase::kReady, Phase::kLoading, Phase::kReady));
}

TEST_F(InferenceWorkerTest, ANewerChoiceOfModelEndsTheLoadingOfTheOlder) {
  openWideImage();
  loaderGate_.close();
  worker_->loadModel("slow");
  ASSERT_TRUE(loaderGate_.waitForArrival(1));
  Answered answered = segment(clickInTile(0));
  worker_->loadModel("b");  // the loader's gate stays closed, so only a cancel ends the first
  EXPECT_EQ(codeOf(answered), std::nullopt) << "prompts that wait are answered by the new model";
  EXPECT_EQ(worker_->modelState().identity.name, "b");
  for (const ModelState& state : noted(modelStates_)) EXPECT_NE(state.phase, Phase::kFailed);
}

TEST_F(InferenceWorkerTest, WithoutAnyModelSegmentationsAreAnsweredWithTheReason) {
  openWideImage();
  worker_->loadModel("broken");
  const auto refused = get(segment(clickInTile(0)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kModel);
  EXPECT_EQ(refused.error().message(), "the weights are broken");
  EXPECT_EQ(codeOf(preview(clickInTile(0))), ErrorCode::kCancelled);
  worker_->loadModel("throws");
  EXPECT_EQ(codeOf(segment(clickInTile(0))), ErrorCode::kInternal);
  worker_->loadModel("a");
  EXPECT_EQ(codeOf(segment(clickInTile(0))), std::nullopt);
}

TEST_F(InferenceWorkerTest, AFailureOfEmbeddingAheadIsSaidOnceAndEndsIt) {
  openWideImage();
  worker_->loadModel("cannot encode");
  worker_->setAttention(attentionAtTile(0));
  worker_->waitUntilIdle(true);
  worker_->setAttention(attentionAtTile(2));
  worker_->waitUntilIdle(true);
  EXPECT_THAT(noted(failures_), ElementsAre("this model cannot encode"));
  EXPECT_EQ(gate_.arrivals(), 1);
  EXPECT_FALSE(worker_->embeddingState().isWorking);
  EXPECT_EQ(codeOf(segment(clickInTile(1))), ErrorCode::kModel) << "a segmentation tries all the same";
  EXPECT_EQ(gate_.arrivals(), 2);
  EXPECT_EQ(codeOf(preview(clickInTile(1))), ErrorCode::kCancelled) << "its tile will never be there";
  openWideImage();
  worker_->waitUntilIdle(true);
  EXPECT_THAT(noted(failures_), SizeIs(2)) << "another image is tried";
  worker_->loadModel("a");
  worker_->waitUntilIdle(true);
  EXPECT_EQ(worker_->embeddingState().ready, 4);
}

TEST_F(InferenceWorkerTest, ExceptionsOfTheModelAreErrors) {
  openWideImage();
  worker_->loadModel("throws on encode");
  worker_->setAttention(attentionAtTile(0));
  worker_->waitUntilIdle(true);
  ASSERT_THAT(noted(failures_), SizeIs(1));
  EXPECT_THAT(noted(failures_)[0], HasSubstr("bad_alloc"));
  EXPECT_EQ(codeOf(segment(clickInTile(0))), ErrorCode::kInternal);
}

TEST_F(InferenceWorkerTest, TheBudgetBoundsWhatIsEmbeddedAhead) {
  makeWorker(3 * kEmbedding_bytes + 1);
  openWideImage();
  worker_->loadModel("a");
  worker_->setAttention(attentionAtTile(1));
  worker_->waitUntilIdle(true);
  EXPECT_THAT(begunTiles(), ElementsAre(1, 0, 2));
  EXPECT_EQ(worker_->embeddingState().ready, 3);
  EXPECT_EQ(worker_->embeddingState().wanted, 3);
  worker_->setAttention(attentionAtTile(2));  // wants 2, 1, 3
  worker_->waitUntilIdle(true);
  EXPECT_THAT(begunTiles(), ElementsAre(1, 0, 2, 3)) << "what is wanted and there is not pushed out";
  EXPECT_FALSE(worker_->isWarm(0, 0, 50, 50));
  EXPECT_TRUE(worker_->isWarm(0, 0, 50, 768 + 384));
}

TEST_F(InferenceWorkerTest, ABudgetForLessThanOneEmbeddingAnswersEverything) {
  makeWorker(1);
  openWideImage();
  worker_->loadModel("a");
  worker_->setAttention(attentionAtTile(0));
  worker_->waitUntilIdle(true);
  EXPECT_EQ(gate_.arrivals(), 1);
  ObjectPrompts acrossTiles = click(50, 50);
  acrossTiles.points.clear();
  acrossTiles.boxes = {{30, 30, 70, 70}, {30, 2930, 70, 2970}};
  EXPECT_EQ(get(preview(acrossTiles))->mask.area(), 2 * 39 * 39);
  EXPECT_EQ(get(segment(acrossTiles))->mask.area(), 2 * 39 * 39);
  worker_->waitUntilIdle(true);
  EXPECT_EQ(worker_->embeddingState().ready, 1);
  const int encoded = gate_.arrivals();
  EXPECT_TRUE(get(segment(acrossTiles)));
  EXPECT_EQ(gate_.arrivals(), encoded) << "both tiles are kept as they were prepared for prompts";
}

TEST_F(InferenceWorkerTest, AnAnswerMayAskAgain) {
  openWideImage();
  std::promise<Result<ObjectMask>> second;
  worker_->segment(clickInTile(0), 0, [&](const Result<ObjectMask>&) {
    EXPECT_TRUE(worker_->isWarm(0, 0, 50, 50)) << "would not come back if the worker held its mutex";
    worker_->segment(clickInTile(1), 0, [&](Result<ObjectMask> answer) { second.set_value(std::move(answer)); });
  });
  EXPECT_EQ(codeOf(second.get_future()), std::nullopt);
}

TEST_F(InferenceWorkerTest, TheEndAnswersEverything) {
  openWideImage();
  gate_.close();
  Answered running = segment(clickInTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  Answered waiting = segment(clickInTile(1));
  Answered hovering = preview(clickInTile(1));
  worker_.reset();
  for (const Answered* answered : {&running, &waiting, &hovering}) EXPECT_FALSE(isWaiting(*answered));
  EXPECT_EQ(codeOf(running), ErrorCode::kCancelled);
  EXPECT_EQ(codeOf(waiting), ErrorCode::kCancelled);
  EXPECT_EQ(codeOf(hovering), ErrorCode::kCancelled);
}

TEST_F(InferenceWorkerTest, TheEndInterruptsEmbeddingAndLoading) {
  openWideImage();
  worker_->loadModel("a");
  gate_.close();
  worker_->setAttention(attentionAtTile(0));
  ASSERT_TRUE(gate_.waitForArrival(1));
  worker_.reset();  // would never return
  makeWorker(kEmbedding_bytes);
  loaderGate_.close();
  worker_->loadModel("slow");
  ASSERT_TRUE(loaderGate_.waitForArrival(1));
  worker_.reset();
  EXPECT_THAT(noted(failures_), IsEmpty());
}

}  // namespace
}  // namespace cyto
