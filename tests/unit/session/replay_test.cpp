#include "core/session/replay.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "core/io/label_writer.h"
#include "core/project/merge/merge_projects.h"
#include "core/project/merge/object_pixels.h"
#include "tests/crash/random_session.h"
#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Sees every image `shift` rows lower than it is, so that its masks are other ones.
class ShiftedModel : public Model, private ImageEncoder {
 public:
  ShiftedModel(int64_t shift, const std::string& weightsHash)
      : shift_(shift), inner_({.name = "fake", .weightsHash = weightsHash}) {}

  const ModelIdentity& identity() const override { return inner_.identity(); }
  ImageEncoder& encoder() override { return *this; }
  PromptDecoder& decoder() override { return inner_.decoder(); }

 private:
  Result<Embedding> encode(const RgbImage& image, const JobContext& job, const std::function<void()>&) override {
    RgbImage shifted = image;
    const auto row = static_cast<size_t>(image.columns) * 3;
    for (size_t y = image.rows > 0 ? static_cast<size_t>(image.rows) - 1 : 0; y > 0; --y) {
      const size_t from = y - std::min(y, static_cast<size_t>(shift_));
      std::copy_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(from * row), row,
                  shifted.pixels.begin() + static_cast<std::ptrdiff_t>(y * row));
    }
    return inner_.encoder().encode(shifted, job);
  }

  int64_t shift_;
  FakeModel inner_;
};

class ReplayTest : public testing::Test {
 protected:
  void SetUp() override { writeSquares(image()); }

  fs::path image() const { return folder_ / "squares.png"; }
  fs::path path(const std::string& name) const { return folder_ / (name + ".cyto"); }

  /// Makes a project, or goes on in one.
  void record(const std::string& name, const std::vector<std::string>& commands) {
    RandomSession session;
    ASSERT_TRUE(session.open(image(), path(name)));
    for (const std::string& command : commands) {
      const Status done = session.execute(command);
      ASSERT_TRUE(done) << command << ": " << done.error().message();
    }
  }

  Result<ReplayReport> replay(const std::string& name, const std::string& target, ReplayOptions options = {},
                              int64_t shift = 0, const JobContext& job = {}) {
    static const std::string kHash = FakeModelOptions().weightsHash;
    InferenceWorker worker(
        [shift](const std::string&, const JobContext&) {
          return std::unique_ptr<Model>(
              std::make_unique<ShiftedModel>(shift, shift == 0 ? kHash : std::string("xxh128:01")));
        },
        {});
    const auto project = Project::openForReading(path(name));
    if (!project) return project.error();
    if (options.to == 0) options.to = (*project)->history().current();
    return replayProject(**project, path(target), worker, options, job);
  }
  Document document(const std::string& name) const { return (*Project::openForReading(path(name)))->document(); }

  TemporaryFolder folder_;
};

const std::vector<std::string> kTwoCells = {"point 0 0 25 25 +",   "segment",          "commit",
                                            "box 0 0 60 60 90 90", "segment",          "commit",
                                            "paint 0 0 27 40 4 1", "erase 0 0 75 75 3"};

/// Undone steps are often more than those that stand, so the longest way from the beginning is the best trial.
uint64_t endOfLongestLine(const History& history) {
  std::map<uint64_t, int64_t> lengths{{0, 0}};
  for (const HistoryStep& step : history.steps()) lengths[step.sequence] = lengths.at(step.parent) + 1;
  return std::max_element(lengths.begin(), lengths.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

TEST_F(ReplayTest, RandomSessionsGiveTheSameBits) {
  const uint64_t seed = randomSeed(61);
  SCOPED_TRACE(seedText(seed));
  std::mt19937_64 random(seed);
  int64_t masks = 0;
  for (int round = 0; round < 5; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::string n = std::to_string(round);
    uint64_t longest = 0;
    {
      RandomSession session;
      ASSERT_TRUE(session.open(image(), path(n)));
      ASSERT_TRUE(session.execute(round % 2 == 0 ? "live on" : "live off"));
      for (int i = 0; i < 60; ++i) {
        [[maybe_unused]] const Status someAreRefused =
            session.execute(randomCommand(random, session.session().nextId(), image().parent_path()));
      }
      longest = endOfLongestLine(session.session().project()->history());
      ASSERT_NE(longest, 0U);
    }
    const auto whole = replay(n, "whole" + n);
    ASSERT_TRUE(whole) << whole.error().message();
    EXPECT_TRUE(whole->isIdentical());
    EXPECT_TRUE(whole->hasRecordedModel);
    EXPECT_THAT(whole->differences, IsEmpty());
    EXPECT_DOUBLE_EQ(whole->worstIou(), 1.0);
    EXPECT_EQ(stateHash(document("whole" + n)), stateHash(document(n)));
    EXPECT_EQ(document("whole" + n).draft.prompts, document(n).draft.prompts);
    masks += whole->masks;

    const auto part = replay(n, "part" + n, {.to = longest});
    ASSERT_TRUE(part) << part.error().message();
    EXPECT_TRUE(part->isIdentical()) << "also on a branch that was left";
    masks += part->masks;
  }
  EXPECT_GT(masks, 10);
}

TEST_F(ReplayTest, TheResultIsAProjectThatCanBeUndone) {
  record("p", kTwoCells);
  ASSERT_TRUE(replay("p", "again"));
  const auto project = Project::open(path("again"));
  ASSERT_TRUE(project);
  EXPECT_EQ(*(*project)->history().undoLabel(), "eraser stroke");
  EXPECT_EQ((*project)->document().objects.at(1)->provenance.user, document("p").objects.at(1)->provenance.user);
  EXPECT_EQ((*project)->document().objects.at(1)->provenance.time_us, document("p").objects.at(1)->provenance.time_us);
  while ((*project)->undo()) {
  }
  EXPECT_THAT((*project)->document().objects, SizeIs(0));
}

TEST_F(ReplayTest, AChangedAnswerOfTheSameWeightsIsFoundAndNamed) {
  record("p", kTwoCells);
  // The recording is changed instead of the model: a mask that its prompts do not give.
  {
    const auto project = Project::open(path("p"));
    Edit edit;
    edit.kind = EditKind::kPrompt;
    edit.label = "point";
    Draft draft;
    draft.prompts = {3, 0, 0, {{125, 25, true}}, {}, {}, false};
    edit.draft = Change<Draft>{{}, draft};
    ASSERT_TRUE((*project)->perform(edit));
    edit.kind = EditKind::kSegment;
    edit.label = "segmentation";
    edit.draft->before = draft;
    const PlaneMask wrong = maskWhere({115, 15, 135, 25}, [](int64_t, int64_t) { return true; });
    edit.draft->after.current = std::make_shared<const CurrentObject>(
        CurrentObject{0, 0, wrong, 0.5F, 0, "fake", FakeModelOptions().weightsHash});
    ASSERT_TRUE((*project)->perform(edit));
  }
  record("p", {"commit"});
  const auto report = replay("p", "again");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->isIdentical());
  ASSERT_THAT(report->differences, SizeIs(2)) << "the mask, and the commit that follows from it";
  EXPECT_EQ(report->differences[0].label, "segmentation");
  EXPECT_DOUBLE_EQ(report->differences[0].iou, 0.5);
  EXPECT_EQ(report->differences[1].label, "commit of object 3");
  EXPECT_DOUBLE_EQ(report->differences[1].iou, 0.5);
  EXPECT_DOUBLE_EQ(report->worstIou(), 0.5);
}

TEST_F(ReplayTest, AnotherModelMakesItsOwnMasksAndTheRestFollows) {
  record("p", kTwoCells);
  record("p", {"point 0 0 125 25 +", "segment", "commit", "delete 2", "paint 0 0 100 200 5 4"});
  const auto report = replay("p", "again", {.hasOwnModel = true}, 2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->hasRecordedModel);
  EXPECT_THAT(report->differences, IsEmpty()) << "it is no wonder that they differ";
  EXPECT_EQ(report->masks, 3);
  EXPECT_EQ(report->recordedObjects, 3);
  EXPECT_EQ(report->replayedObjects, 3);
  ASSERT_THAT(report->objects, SizeIs(3));
  EXPECT_LT(report->objects[0].iou, 1);
  EXPECT_GT(report->objects[0].iou, 0.5);
  EXPECT_DOUBLE_EQ(report->objects[2].iou, 1) << "painted pixels are the recorded ones";
  const Document again = document("again");
  EXPECT_EQ(again.objects.at(1)->provenance.weightsHash, "xxh128:01");
  for (const auto& [id, object] : again.objects) EXPECT_EQ(areaOf(pixelsOf(again, *object)), object->area) << id;
  EXPECT_FALSE(again.objects.contains(2)) << "deleted with all its pixels, which nobody has recorded";
}

TEST_F(ReplayTest, AModelThatSeesNothingLeavesTheObjectOut) {
  record("p", {"point 0 0 25 25 +", "point 0 0 5 5 -", "segment", "commit", "paint 0 0 100 200 5 2"});
  // 20 rows down both points lie in the background, which the negative one takes away.
  const auto report = replay("p", "again", {.hasOwnModel = true}, 20);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->steps, 5);
  EXPECT_EQ(report->recordedObjects, 2);
  EXPECT_EQ(report->replayedObjects, 1);
  EXPECT_DOUBLE_EQ(report->objects[0].iou, 0);
  EXPECT_TRUE(document("again").draft.isEmpty());
}

TEST_F(ReplayTest, WithoutTheRecordedWeightsItIsRefused) {
  record("p", kTwoCells);
  const auto report = replay("p", "again", {}, 1);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kModel);
  EXPECT_THAT(report.error().message(), AllOf(HasSubstr("step 2"), HasSubstr("xxh128:01"), HasSubstr("--model")));
  EXPECT_FALSE(fs::exists(path("again")));
}

TEST_F(ReplayTest, AMovedImageIsFoundAnotherOneRefused) {
  record("p", kTwoCells);
  fs::create_directory(folder_ / "images");
  fs::rename(image(), folder_ / "images" / "squares.png");
  const auto moved = replay("p", "again");
  ASSERT_TRUE(moved) << moved.error().message();
  EXPECT_THAT(moved->notices, SizeIs(1));
  EXPECT_EQ((*Project::openForReading(path("again")))->image().path, folder_ / "images" / "squares.png");
  fs::remove(folder_ / "images" / "squares.png");
  const auto gone = replay("p", "third");
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().message(), HasSubstr("image of the project is needed"));
  writeSquares(image());
  std::ofstream(image(), std::ios::app) << "more";
  const auto other = replay("p", "third");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), HasSubstr("its content differs"));
}

TEST_F(ReplayTest, ProposalsAndWhatBecomesOfThemAreFollowed) {
  Array labels = *Array::create(Dtype::kUint16, {1, 1, 200, 300});
  for (int64_t y = 100; y < 120; ++y) {
    for (int64_t x = 100; x < 160; ++x) {
      labels.as<uint16_t>()[static_cast<size_t>(y * 300 + x)] = static_cast<uint16_t>(x < 125 ? 1 : x < 130 ? 0 : 2);
    }
  }
  const fs::path file = folder_ / "labels.png";
  ASSERT_TRUE(io::writePng(file, labels));
  record("p", {"propose labels \"" + file.string() + "\"", "accept 1", "reject 2", "paint 0 0 30 30 3 3",
               "paint 0 0 60 30 3 3", "split 3", "class 1 mitotic", "verify 1", "point 0 0 25 25 +", "segment",
               "commit", "merge 4 3", "unverify 1", "refine 1", "point 0 0 125 125 +", "segment", "commit"});
  const auto same = replay("p", "same");
  ASSERT_TRUE(same) << same.error().message();
  EXPECT_TRUE(same->isIdentical());
  EXPECT_THAT(same->differences, IsEmpty());
  const auto other = replay("p", "other", {.hasOwnModel = true}, 1);
  ASSERT_TRUE(other) << other.error().message();
  const Document document = this->document("other");
  for (const auto& [id, object] : document.objects) {
    EXPECT_EQ(areaOf(pixelsOf(document, *object)), object->area) << id;
  }
}

TEST_F(ReplayTest, AMergedProjectCanBeReplayed) {
  record("a", kTwoCells);
  ASSERT_TRUE((*Project::openForReading(path("a")))->copyTo(path("b")));
  record("a", {"point 0 0 125 25 +", "segment", "commit", "class 1 mitotic"});
  record("b", {"paint 0 0 30 20 6 1", "point 0 0 125 75 +", "segment", "commit"});
  ASSERT_TRUE(mergeProjects(path("a"), path("b"), path("c"), {}));
  record("c", {"point 0 0 175 75 +", "segment", "commit"});
  const auto report = replay("c", "again");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->isIdentical());
  EXPECT_THAT(report->differences, IsEmpty());
}

TEST_F(ReplayTest, WhatCannotBeDoneLeavesNothing) {
  record("p", kTwoCells);
  const auto entries = [&] { return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()); };
  const auto before = entries();
  EXPECT_EQ(replay("p", "p").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(replay("p", "again", {.to = 999}).error().code(), ErrorCode::kNotFound);
  const CancelSource source;
  JobContext job;
  job.cancel = source.token();
  job.progress = [&](const Progress&) { source.cancel(); };
  EXPECT_EQ(replay("p", "again", {}, 0, job).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(entries(), before);
}

}  // namespace
}  // namespace cyto::test
