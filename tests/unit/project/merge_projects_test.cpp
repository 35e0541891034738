#include "core/project/merge/merge_projects.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/project/merge_fixture.h"
#include "tests/unit/project/merge_properties.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::drawEdit;
using test::square;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ImageReference image(const std::string& hash = "xxh128:00") {
  return {"/data/cells.tif", "", test::kMergeShape, 1, Dtype::kUint16, {}, hash};
}

class MergeProjects : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_ / (name + " ä.cyto"); }

  void create(const std::string& name, const ImageReference& reference = image()) {
    ASSERT_TRUE(Project::create(path(name), reference));
  }
  void copy(const std::string& from, const std::string& to) {
    ASSERT_TRUE((*Project::openForReading(path(from)))->copyTo(path(to)));
  }
  void perform(const std::string& name, const std::function<Edit(const Project&)>& edit) {
    const auto project = Project::open(path(name));
    ASSERT_TRUE(project);
    const Status done = (*project)->perform(edit(**project));
    ASSERT_TRUE(done) << done.error().message();
  }
  void draw(const std::string& name, const PlaneMask& mask) {
    perform(name, [&](const Project& project) { return drawEdit(project.document(), project.nextId(), mask); });
  }
  void work(const std::string& name, int steps, std::mt19937_64& random) {
    const auto project = Project::open(path(name));
    ASSERT_TRUE(project);
    for (int i = 0; i < steps; ++i) {
      if (random() % 8 == 0) {
        [[maybe_unused]] const Status mayBeAtTheEnd = random() % 2 ? (*project)->undo() : (*project)->redo();
        continue;
      }
      const Edit edit = test::randomEdit((*project)->document(), (*project)->nextId(), random);
      ASSERT_TRUE((*project)->perform(edit)) << edit.label;
    }
  }
  ProjectMerge merge(const std::string& a, const std::string& b, const std::string& target) {
    auto merged = mergeProjects(path(a), path(b), path(target), {});
    EXPECT_TRUE(merged) << merged.error().message();
    return merged ? *std::move(merged) : ProjectMerge{};
  }
  Document document(const std::string& name) const { return (*Project::openForReading(path(name)))->document(); }
  std::string hash(const std::string& name) const { return stateHash(document(name)); }

  test::TemporaryFolder folder_;
};

TEST_F(MergeProjects, RandomWorkOfTwoIsMergedAlikeFromBothSidesAndLosesNothing) {
  const uint64_t seed = test::randomSeed(51);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::string n = std::to_string(round);
    create("base" + n);
    work("base" + n, static_cast<int>(random() % 8), random);
    copy("base" + n, "a" + n);
    copy("base" + n, "b" + n);
    work("a" + n, static_cast<int>(1 + random() % 8), random);
    work("b" + n, static_cast<int>(1 + random() % 8), random);
    const Document a = document("a" + n);
    const Document b = document("b" + n);

    const ProjectMerge merged = merge("a" + n, "b" + n, "ab" + n);
    EXPECT_EQ(merge("b" + n, "a" + n, "ba" + n).stateHash, merged.stateHash);
    EXPECT_EQ(hash("ab" + n), merged.stateHash);
    EXPECT_EQ(hash("ba" + n), merged.stateHash);
    EXPECT_EQ(hash("a" + n), stateHash(a)) << "the projects are only read";
    const MergeSide sideOfA = merged.primary == 0 ? MergeSide::kPrimary : MergeSide::kSecondary;
    const Document base = document("base" + n);
    test::expectNothingLost(base, a, sideOfA, merged.report, document("ab" + n));
    test::expectNothingLost(base, b, otherSide(sideOfA), merged.report, document("ab" + n));

    EXPECT_EQ(merge("a" + n, "a" + n, "aa" + n).stateHash, stateHash(a));
    EXPECT_EQ(merge("base" + n, "b" + n, "0b" + n).stateHash, stateHash(b));
    EXPECT_EQ(merge("b" + n, "base" + n, "b0" + n).stateHash, stateHash(b));
    ASSERT_TRUE((*Project::openForReading(path("ab" + n)))->verify({}));
  }
}

TEST_F(MergeProjects, SeparatelyBegunProjectsOfOneImageHaveAnEmptyBase) {
  create("a");
  create("b");
  draw("a", square(10, 10, 10));
  draw("b", square(10, 10, 10));
  draw("b", square(50, 50, 10));
  const ProjectMerge merged = merge("a", "b", "c");
  EXPECT_EQ(merged.common.records, 0u);
  EXPECT_THAT(merged.report.conflicts, IsEmpty());
  EXPECT_THAT(document("c").objects, SizeIs(2)) << "the same cell is there once";
  EXPECT_THAT(merged.notices, IsEmpty());
}

TEST_F(MergeProjects, AnObjectThatBothBroughtBackKeepsItsNumber) {
  create("a");
  draw("a", square(10, 10, 10));
  ASSERT_TRUE((*Project::open(path("a")))->undo());
  copy("a", "b");
  for (const char* name : {"a", "b"}) ASSERT_TRUE((*Project::open(path(name)))->redo());
  draw("a", square(50, 50, 10));
  draw("b", square(90, 90, 10));
  const ProjectMerge merged = merge("a", "b", "c");
  EXPECT_THAT(merged.report.conflicts, IsEmpty());
  EXPECT_THAT(document("c").objects, SizeIs(3));
  EXPECT_TRUE(document("c").objects.contains(1));
}

TEST_F(MergeProjects, TheMergeIsOneStepOnTopOfAWholeHistory) {
  create("a");
  draw("a", square(10, 10, 10));
  copy("a", "b");
  draw("a", square(50, 50, 10));
  draw("b", square(90, 90, 10));
  const ProjectMerge merged = merge("a", "b", "c");
  const auto project = Project::open(path("c"));
  ASSERT_TRUE(project);
  EXPECT_THAT((*project)->history().steps(), SizeIs(3));
  EXPECT_EQ((*project)->history().steps().back().kind, EditKind::kMergeProjects);
  EXPECT_THAT(*(*project)->history().undoLabel(), HasSubstr("merge with "));
  ASSERT_TRUE((*project)->undo());
  EXPECT_EQ(stateHash((*project)->document()), hash(merged.primary == 0 ? "a" : "b"));
}

TEST_F(MergeProjects, MergingAgainBringsNothingNew) {
  create("a");
  draw("a", square(10, 10, 10));
  draw("a", square(50, 50, 10));
  copy("a", "b");
  for (const char* name : {"a", "b"}) {
    const int64_t shift = *name == 'a' ? 0 : 3;
    perform(name, [&](const Project& p) { return drawEdit(p.document(), 1, square(10, 10 + shift, 12)); });
    draw(name, square(150, 150 + shift, 20));
    draw(name, square(200, 20 + 2 * shift, 10));
  }
  const std::string first = merge("a", "b", "c").stateHash;
  const ProjectMerge again = merge("c", "b", "d");
  EXPECT_EQ(again.stateHash, first);
  EXPECT_THAT(again.report.crowded, IsEmpty());
  EXPECT_EQ(merge("c", "a", "e").stateHash, first);
}

TEST_F(MergeProjects, DifferentImagesAreRefusedAndUnknownOnesAreNoted) {
  create("a");
  create("other", image("xxh128:11"));
  create("unknown", image(""));
  ImageReference small = image("");
  small.shape.x = 200;
  create("small", small);
  for (const char* name : {"other", "small"}) {
    const auto refused = mergeProjects(path("a"), path(name), path("c"), {});
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message(), HasSubstr("different images"));
  }
  EXPECT_THAT(merge("a", "unknown", "c").notices, SizeIs(1));
}

TEST_F(MergeProjects, AProjectThatIsOpenElsewhereCanBeMergedAndATargetIsNeverOverwritten) {
  create("a");
  draw("a", square(10, 10, 10));
  copy("a", "b");
  draw("b", square(90, 90, 10));
  const auto open = Project::open(path("b"));
  ASSERT_TRUE(open);
  ASSERT_TRUE((*open)->readOnlyReason().empty());
  EXPECT_EQ(merge("a", "b", "c").stateHash, hash("b"));
  const auto again = mergeProjects(path("a"), path("b"), path("c"), {});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("exists already"));
  EXPECT_FALSE(mergeProjects(path("a"), path("gone"), path("d"), {}));
  EXPECT_THAT(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 3)
      << "nothing half-made is left";
}

TEST_F(MergeProjects, CancellingLeavesNothing) {
  create("a");
  draw("a", square(10, 10, 10));
  copy("a", "b");
  const CancelSource source;
  source.cancel();
  JobContext job;
  job.cancel = source.token();
  const auto cancelled = mergeProjects(path("a"), path("b"), path("c"), job);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(path("c")));
}

}  // namespace
}  // namespace cyto
