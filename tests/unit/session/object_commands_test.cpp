// Proposals, verified objects, classes, merging and splitting, as a script says them.

#include <gmock/gmock.h>

#include <fstream>

#include "core/session/script.h"
#include "tests/unit/session/session_fixture.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ObjectCommandsTest : public test::SessionFixture {
 protected:
  void SetUp() override {
    SessionFixture::SetUp();
    must({"open '" + imagePath().string() + "'"});
  }

  void must(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      const auto done = script_.execute(line, {});
      ASSERT_TRUE(done) << line << ": " << done.error().message();
    }
  }

  /// What a refused line says; it must change nothing.
  std::string refusal(const std::string& line) {
    const std::string before = session_.stateHash();
    const uint64_t step = session_.project()->history().current();
    const auto result = script_.execute(line, {});
    EXPECT_EQ(session_.stateHash(), before) << line;
    EXPECT_EQ(session_.project()->history().current(), step) << line;
    return result ? "it was carried out" : result.error().message();
  }

  const ObjectRecord& object(uint32_t id) const { return *session_.document().objects.at(id); }
  bool exists(uint32_t id) const { return session_.document().objects.contains(id); }
  uint32_t labelAt(int64_t y, int64_t x) const { return session_.document().labels.at(0, 0, y, x); }

  /// A label image with one rectangle for each entry, in a line of the script.
  std::string labels(const std::vector<std::pair<uint32_t, PlaneBox>>& objects) {
    Array pixels = *Array::create(Dtype::kUint32, {1, 1, 100, 150});
    for (const auto& [id, box] : objects) {
      for (int64_t y = box.y0; y < box.y1; ++y) {
        for (int64_t x = box.x0; x < box.x1; ++x) pixels.as<uint32_t>()[static_cast<size_t>(y * 150 + x)] = id;
      }
    }
    const std::string number = labelFiles_++ == 0 ? "" : " " + std::to_string(labelFiles_);
    const auto path = folder_ / ("from cellpose äöü" + number + ".tif");
    EXPECT_TRUE(io::writeLabelTiff(path, pixels, {}));
    return "propose labels '" + path.string() + "'";
  }

  std::string prompts(const std::string& json) {
    const auto path = folder_ / "prompts.json";
    std::ofstream(path) << json;
    return "propose prompts '" + path.string() + "'";
  }

  int labelFiles_ = 0;
  std::vector<std::string> printed_;
  Script script_{session_, worker_, [this](const std::string& line) -> Status {
                   printed_.push_back(line);
                   return {};
                 }};
};

// --- proposals -------------------------------------------------------------------------------------------------------

TEST_F(ObjectCommandsTest, LabelsComeInAsProposalsInOneStep) {
  must({"paint 0 0 5 5 2 1", labels({{7, {0, 0, 10, 10}}, {900, {50, 50, 60, 70}}})});
  EXPECT_THAT(printed_, ElementsAre("ack 1 open", "ack 2 paint", testing::StartsWith("notice 2 objects came in from"),
                                    "proposals 2, ids 7 to 900", "ack 3 propose"));
  must({"expect objects == 1", "expect proposals == 2", "expect verified == 0"});
  EXPECT_EQ(object(7).area, 100);
  EXPECT_EQ(object(7).provenance.source, (folder_ / "from cellpose äöü.tif").string());
  EXPECT_THAT(object(7).provenance.program, HasSubstr("cytoclick"));
  EXPECT_EQ(labelAt(8, 8), 0u) << "proposals are no labels";
  EXPECT_EQ(session_.nextId(), 901u);
  must({"undo", "expect proposals == 0", "redo", "expect proposals == 2"});
}

TEST_F(ObjectCommandsTest, ImportTakesObjectsOrProposalsInOneStep) {
  std::string line = labels({{3, {0, 0, 10, 10}}, {4, {20, 20, 30, 30}}});
  const std::string file = line.substr(std::string("propose labels ").size());
  must({"paint 0 0 5 5 1 1", "import objects " + file, "expect objects == 3", "expect proposals == 0"});
  EXPECT_THAT(printed_, testing::Contains(HasSubstr("2 objects came in")));
  EXPECT_THAT(printed_, testing::Contains("objects 2, ids 3 to 4"));
  EXPECT_THAT(printed_, testing::Contains(HasSubstr("left out: other objects have them already")));
  EXPECT_EQ(labelAt(25, 25), 4u);
  must({"import proposals " + file, "expect proposals == 2", "undo 2", "expect objects == 1"});
  EXPECT_THAT(refusal("import pictures " + file), HasSubstr("write it as: import objects|proposals"));
  must({"import objects " + file});
  EXPECT_THAT(refusal("import objects " + file), HasSubstr("has a pixel that is free"));
}

TEST_F(ObjectCommandsTest, ABrushThatMeetsOnlyVerifiedPixelsSaysSo) {
  must({"paint 0 0 25 25 8 1", "paint 0 0 25 60 3 2", "verify 1"});
  EXPECT_THAT(refusal("paint 0 0 25 25 3 2"), HasSubstr("object 1 is verified"));
  must({"paint 0 0 25 60 2 2", "paint 0 0 25 33 3 2", "unverify 1", "paint 0 0 25 25 3 2"});
}

TEST_F(ObjectCommandsTest, LabelsThatDoNotFitAreRefused) {
  const auto path = folder_ / "small.tif";
  ASSERT_TRUE(io::writeLabelTiff(path, *Array::create(Dtype::kUint32, {1, 1, 10, 10}), {}));
  EXPECT_THAT(refusal("propose labels '" + path.string() + "'"),
              HasSubstr("take labels that were made for this image"));
  EXPECT_THAT(refusal(labels({})), HasSubstr("has no objects"));
  EXPECT_THAT(refusal("propose labels nowhere.tif"), HasSubstr("nowhere.tif"));
  EXPECT_THAT(refusal("propose pictures x.tif"), HasSubstr("write it as: propose labels"));
  must({labels({{1, {0, 0, 10, 10}}})});
  EXPECT_THAT(refusal(labels({{5, {2, 2, 4, 4}}})), HasSubstr("not proposed already"));
}

TEST_F(ObjectCommandsTest, ObjectsWithoutAPixelOfTheirOwnAreCounted) {
  must({labels({{1, {0, 0, 10, 10}}}), labels({{1, {2, 2, 4, 4}}, {2, {20, 20, 30, 30}}})});
  EXPECT_THAT(printed_, testing::Contains(HasSubstr("4 pixels, among them all of 1 object, were left out")));
  EXPECT_EQ(object(1).area, 100);
  must({"expect proposals == 2"});
}

TEST_F(ObjectCommandsTest, PromptsAreAnsweredByTheModel) {
  must({prompts(R"({"objects": [{"id": 5, "points": [[75, 75, 1]]}, {"id": 6, "points": [[25, 25, 1]]},
                                {"id": 8, "points": [[26, 26, 1]]}]})")});
  must({"expect proposals == 2"});
  EXPECT_EQ(object(1).area, 400);
  const Provenance& source = object(1).provenance;
  EXPECT_EQ(source.model, "fake");
  EXPECT_EQ(source.weightsHash, worker_.modelState().identity.weightsHash);
  EXPECT_EQ(source.preprocessing, worker_.modelState().identity.preprocessing);
  EXPECT_FALSE(source.preprocessing.empty());
  EXPECT_EQ(source.source, "prompts.json");
  EXPECT_EQ(source.prompts.points, (std::vector<PointPrompt>{{75, 75, true}}));
  EXPECT_EQ(source.prompts.id, 1u);
  EXPECT_GT(source.predictedIou, 0.5F);
  EXPECT_THAT(refusal(prompts("{")), HasSubstr("prompts.json"));
  EXPECT_THAT(refusal(prompts(R"({"objects": [{"id": 5, "points": [[7500, 75, 1]]}]})")), HasSubstr("outside"));
}

TEST_F(ObjectCommandsTest, AllObjectsAreProposedInOneStep) {
  must({"paint 0 0 25 25 30 1", "auto ais", "expect objects == 1", "expect proposals == 6"});
  EXPECT_THAT(printed_, testing::Contains("proposals 6, ids 2 to 7"));
  EXPECT_EQ(printed_.back(), "ack 3 auto");
  const Provenance& source = object(2).provenance;
  EXPECT_EQ(source.model, "fake");
  EXPECT_EQ(source.weightsHash, worker_.modelState().identity.weightsHash);
  EXPECT_FALSE(source.preprocessing.empty());
  EXPECT_TRUE(source.source.empty());
  EXPECT_TRUE(source.prompts.isEmpty());
  EXPECT_NEAR(static_cast<double>(object(2).area), 400, 8) << "smoothing rounds the corners of a square";
  EXPECT_THAT(refusal("auto ais"), HasSubstr("proposed already"));
  EXPECT_THAT(refusal("auto all"), HasSubstr("write it as: auto [ais|amg]"));
  must({"undo", "expect proposals == 0"});
}

TEST_F(ObjectCommandsTest, PromptsWithoutAModelChangeNothing) {
  InferenceWorker worker(
      [](const std::string&, const JobContext&) -> Result<std::unique_ptr<Model>> {
        return Error(ErrorCode::kModel, "the weights are broken");
      },
      {});
  AnnotationSession session(worker);
  ASSERT_TRUE(session.open(imagePath(), {}));
  std::ofstream(folder_ / "p.json") << R"({"objects": [{"id": 5, "points": [[75, 75, 1]]}]})";
  const auto refused = session.proposePrompts(folder_ / "p.json", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("the weights are broken"));
  EXPECT_THAT(session.document().objects, IsEmpty());
}

TEST_F(ObjectCommandsTest, PromptsCanBeCancelled) {
  FakeModelOptions slow;
  slow.encodeTime = std::chrono::seconds(60);
  InferenceWorker worker(
      [&](const std::string&, const JobContext&) -> Result<std::unique_ptr<Model>> {
        return std::unique_ptr<Model>(std::make_unique<FakeModel>(slow));
      },
      {});
  AnnotationSession session(worker);
  ASSERT_TRUE(session.open(imagePath(), {}));
  std::ofstream(folder_ / "p.json") << R"({"objects": [{"id": 5, "points": [[75, 75, 1]]}]})";
  const CancelSource stop;
  std::thread impatient([&] { stop.cancel(); });
  const auto cancelled = session.proposePrompts(folder_ / "p.json", {stop.token(), {}});
  impatient.join();
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code(), ErrorCode::kCancelled);
  EXPECT_THAT(session.document().objects, IsEmpty());
}

TEST_F(ObjectCommandsTest, AcceptKeepsTheIdAndSaysWhatStays) {
  must({"paint 0 0 30 30 4 1", labels({{2, {25, 25, 36, 36}}, {3, {60, 60, 70, 70}}, {4, {80, 80, 90, 90}}})});
  printed_.clear();
  must({"accept all"});
  EXPECT_THAT(printed_, ElementsAre("stays 2 because 1",
                                    "warning 1 of 3 proposals stay, because objects that are there keep their pixels",
                                    "accepted 2", HasSubstr("accept")));
  EXPECT_EQ(labelAt(65, 65), 3u);
  EXPECT_EQ(object(3).state, ObjectState::kAccepted);
  must({"expect objects == 3", "expect proposals == 1"});
  EXPECT_THAT(refusal("accept 2"), HasSubstr("proposal 2 was not accepted, because object 1 keeps its pixels"));
  EXPECT_THAT(refusal("accept 3"), HasSubstr("object 3 is no proposal"));
  EXPECT_THAT(refusal("accept 9"), HasSubstr("there is no object 9"));
  EXPECT_THAT(refusal("accept 2 none 0.5"), HasSubstr("write it as: accept"));
  EXPECT_THAT(refusal("accept none"), HasSubstr("write it as: accept"));
  EXPECT_THAT(refusal("accept 2 objects 0"), HasSubstr("above 0 and at most 1"));
  EXPECT_THAT(refusal("accept 2 objects nan"), HasSubstr("above 0 and at most 1"));
  EXPECT_THAT(refusal("accept 2 everything"), HasSubstr("'everything' is not a whole number"));
  must({"accept 2 pixels"});
  EXPECT_GT(object(2).area, 0);
  EXPECT_EQ(labelAt(30, 30), 1u);
  must({"undo", "accept 2 none", "expect objects == 3"});
  EXPECT_FALSE(exists(1)) << "it has lost all its pixels";
  EXPECT_THAT(refusal("accept all"), HasSubstr("there are no proposals"));
}

TEST_F(ObjectCommandsTest, RejectAndDeleteRemoveProposals) {
  must({labels({{1, {0, 0, 5, 5}}, {2, {10, 10, 15, 15}}, {3, {20, 20, 25, 25}}, {4, {30, 30, 35, 35}}}), "reject 1 3",
        "delete 2", "expect proposals == 1", "reject all", "expect proposals == 0", "undo 3", "expect proposals == 4"});
  EXPECT_THAT(refusal("reject 1 9"), HasSubstr("there is no object 9"));
  must({"accept 1"});
  EXPECT_THAT(refusal("reject 1"), HasSubstr("object 1 is no proposal"));
}

TEST_F(ObjectCommandsTest, StrokesAndMasksDoNotSeeProposals) {
  must({labels({{1, {0, 0, 50, 50}}}), "point 0 0 25 25 +", "segment", "commit", "paint 0 0 5 5 2 3",
        "erase 0 0 45 45 3"});
  EXPECT_EQ(object(2).area, 400);
  EXPECT_EQ(object(1).area, 2500);
  EXPECT_EQ(session_.document().proposals.at(0, 0, 45, 45), 1u);
  for (const char* line : {"paint 0 0 5 5 2 1", "fill 0 0 5 5 1"}) {
    EXPECT_THAT(refusal(line), HasSubstr("object 1 is a proposal; accept it first")) << line;
  }
  EXPECT_THAT(refusal("verify 1"), HasSubstr("object 1 is a proposal; accept it first"));
  const auto path = folder_ / "labels.png";
  must({"export png '" + path.string() + "'"});
  const Array exported = *(*io::openImage(path))->read(Box::whole({1, 1, 100, 150}));
  EXPECT_EQ(exported.as<uint16_t>()[45 * 150 + 45], 0) << "only labels are exported";
}

TEST_F(ObjectCommandsTest, ARefinedProposalBecomesAnObject) {
  must({prompts(R"({"objects": [{"id": 5, "points": [[25, 25, 1]]}]})"), "refine 1"});
  EXPECT_EQ(session_.document().draft.prompts.points, (std::vector<PointPrompt>{{25, 25, true}}));
  EXPECT_EQ(session_.current()->mask.area(), 400);
  must({"expect proposals == 1", "point 0 0 25 75 +", "segment", "commit", "expect proposals == 0",
        "expect objects == 1"});
  EXPECT_EQ(object(1).area, 800);
  EXPECT_EQ(object(1).bounds, (Box{{0, 0, 15, 15}, {1, 1, 35, 85}}));
  EXPECT_EQ(object(1).state, ObjectState::kAccepted);
  EXPECT_EQ(object(1).provenance.source, "prompts.json");
  EXPECT_THAT(session_.document().proposals.ids(), IsEmpty());
  must({"undo", "expect proposals == 1", "clear"});
}

TEST_F(ObjectCommandsTest, PlanesOfAProposalThatWereNotRefinedComeAlong) {
  Array volume = *Array::create(Dtype::kUint32, {1, 3, 100, 150});
  for (int64_t z = 0; z < 3; ++z) {
    for (int64_t y = 15; y < 35; ++y) {
      for (int64_t x = 15; x < 35; ++x) volume.as<uint32_t>()[static_cast<size_t>((z * 100 + y) * 150 + x)] = 200;
    }
  }
  const auto path = folder_ / "volume.tif";
  ASSERT_TRUE(io::writeLabelTiff(path, volume, {}));
  must({"open '" + path.string() + "'",
        prompts(
            R"({"objects": [{"id": 5, "z": 0, "points": [[25, 25, 1]]}, {"id": 5, "z": 2, "points": [[25, 25, 1]]}]})"),
        "expect proposals == 1"});
  EXPECT_EQ(object(1).area, 800);
  EXPECT_EQ(object(1).bounds, (Box{{0, 0, 15, 15}, {1, 3, 35, 35}}));
  must({"refine 1"});
  EXPECT_EQ(session_.document().draft.prompts.z, 0);
  EXPECT_EQ(session_.current()->mask.area(), 400);
  must({"clear", "refine 1", "paint 0 2 17 17 1 2", "commit", "expect proposals == 0", "expect objects == 2"});
  EXPECT_EQ(session_.document().labels.at(0, 0, 25, 25), 1u);
  EXPECT_EQ(session_.document().labels.at(0, 1, 25, 25), 0u);
  EXPECT_EQ(session_.document().labels.at(0, 2, 25, 25), 1u);
  EXPECT_EQ(session_.document().labels.at(0, 2, 17, 17), 2u) << "it was drawn by hand";
  EXPECT_EQ(object(1).bounds, (Box{{0, 0, 15, 15}, {1, 3, 35, 35}}));
  EXPECT_EQ(object(1).area + object(2).area, 800);
  EXPECT_THAT(session_.document().proposals.ids(), IsEmpty());
  must({"undo", "expect proposals == 1", "expect objects == 1"});
  EXPECT_EQ(object(1).area, 800);
}

TEST_F(ObjectCommandsTest, AProposalThatIsGoneIsRefinedIntoANewObject) {
  must({prompts(R"({"objects": [{"id": 5, "points": [[25, 25, 1]]}]})"), "refine 1", "reject 1", "commit"});
  EXPECT_EQ(object(2).area, 400);
  EXPECT_FALSE(exists(1));
}

// --- verified objects ------------------------------------------------------------------------------------------------

TEST_F(ObjectCommandsTest, NothingChangesVerifiedPixels) {
  must({"paint 0 0 25 25 8 1", "paint 0 0 25 60 3 2", "verify 1", "expect verified == 1", "expect objects == 2"});
  const ObjectRecord before = object(1);
  const std::string unlock = "object 1 is verified; unverify it first";
  for (const char* line : {"refine 1", "paint 0 0 25 40 3 1", "fill 0 0 25 25 2", "fill 0 0 25 25 0",
                           "fill 0 0 90 90 1", "delete 1", "merge 1 2", "merge 2 1", "split 1", "erase 0 0 25 25 3"}) {
    EXPECT_EQ(refusal(line), unlock) << line;
  }
  must({"paint 0 0 25 25 20 2", "erase 0 0 25 33 12", labels({{1, {10, 10, 60, 60}}}), "accept all none"});
  EXPECT_EQ(object(1), before);
  EXPECT_EQ(labelAt(25, 25), 1u);
  EXPECT_EQ(labelAt(45, 45), 3u);
  must({"unverify 1", "expect verified == 0", "delete 1", "undo 2", "expect verified == 1"});
}

TEST_F(ObjectCommandsTest, AnObjectVerifiedWhileItIsRefinedIsNotReplaced) {
  must({"point 0 0 25 25 +", "segment", "commit", "refine 1", "verify 1"});
  EXPECT_EQ(refusal("commit"), "object 1 is verified; unverify it first");
  must({"unverify 1", "commit"});
}

TEST_F(ObjectCommandsTest, VerifyingIsOneStepForAll) {
  must({"paint 0 0 25 25 3 1", "paint 0 0 25 60 3 2", labels({{1, {60, 60, 70, 70}}}), "verify all",
        "expect verified == 2"});
  const uint64_t step = session_.project()->history().current();
  must({"verify 1", "verify all"});
  EXPECT_EQ(session_.project()->history().current(), step) << "they were verified already";
  EXPECT_THAT(refusal("unverify 1 7"), HasSubstr("there is no object 7"));
  must(
      {"unverify 1 2", "expect verified == 0", "undo", "expect verified == 2", "unverify all", "expect verified == 0"});
}

// --- classes, merging, splitting -------------------------------------------------------------------------------------

TEST_F(ObjectCommandsTest, ClassesAreOneLineOfText) {
  must({"paint 0 0 25 25 3 1", "verify 1", "class 1 'mitotic 细胞'"});
  EXPECT_EQ(object(1).className, "mitotic 细胞");
  must({"class 1 \"\""});
  EXPECT_EQ(object(1).className, "");
  must({"undo"});
  EXPECT_EQ(object(1).className, "mitotic 细胞");
  EXPECT_THAT(refusal("class 2 x"), HasSubstr("there is no object 2"));
  EXPECT_THAT(refusal("class 1 'two\nlines'"), HasSubstr("one line"));
  EXPECT_THAT(refusal("class 1 " + std::string(201, 'x')), HasSubstr("at most 200 bytes"));
}

TEST_F(ObjectCommandsTest, MergedObjectsHaveTheFirstId) {
  must({"paint 0 0 10 10 3 1", "paint 0 0 10 30 3 2", "paint 0 0 10 50 3 3", "class 3 blue", "merge 2 3 1"});
  EXPECT_THAT(printed_, testing::Contains("object 2 87 pixels"));
  must({"expect objects == 1"});
  EXPECT_EQ(labelAt(10, 10), 2u);
  EXPECT_EQ(labelAt(10, 50), 2u);
  EXPECT_EQ(object(2).className, "blue");
  EXPECT_THAT(object(2).provenance.parents, ElementsAre(3u, 1u));
  EXPECT_EQ(object(2).bounds, (Box{{0, 0, 7, 7}, {1, 1, 14, 54}}));
  must({"undo", "expect objects == 3"});
}

TEST_F(ObjectCommandsTest, PiecesBecomeObjects) {
  must({"point 0 0 25 25 +", "segment", "commit", "class 1 nucleus"});
  EXPECT_THAT(refusal("split 1"), HasSubstr("object 1 is in one piece"));
  must({"erase 0 0 15 20 0 34 24", "split 1"});
  EXPECT_THAT(session_.document().objects, SizeIs(2));
  EXPECT_GT(object(1).area, object(2).area) << "the largest keeps the id";
  EXPECT_EQ(object(2).className, "nucleus");
  EXPECT_THAT(object(2).provenance.parents, ElementsAre(1u));
  EXPECT_EQ(object(2).provenance.model, "fake");
  EXPECT_EQ(labelAt(25, 16), 2u);
  EXPECT_EQ(labelAt(25, 30), 1u);
  must({"merge 1 2", "expect objects == 1", "undo 2", "expect objects == 1", labels({{3, {40, 0, 50, 9}}}),
        labels({{9, {40, 9, 50, 10}}, {8, {41, 0, 42, 1}}, {4, {40, 20, 41, 21}}}), "merge 3 4 9", "split 3",
        "expect proposals == 2"});
  EXPECT_EQ(object(10).state, ObjectState::kProposal) << "pieces of proposals are proposals";
}

// --- provenance ------------------------------------------------------------------------------------------------------

TEST_F(ObjectCommandsTest, CorrectionsByHandAreCounted) {
  must({"point 0 0 25 25 +", "segment", "commit"});
  EXPECT_EQ(object(1).provenance.handEdits, 0) << "as the model gave it";
  EXPECT_EQ(object(1).provenance.preprocessing, worker_.modelState().identity.preprocessing);
  must({"paint 0 0 25 12 4 1", "erase 0 0 15 15 1", "fill 0 0 0 0 0", "paint 0 0 90 90 3 2"});
  EXPECT_EQ(object(1).provenance.handEdits, 2);
  EXPECT_EQ(object(2).provenance.handEdits, 1);
  EXPECT_EQ(object(1).provenance.model, "fake");
  must({"undo 2"});
  EXPECT_EQ(object(1).provenance.handEdits, 1);
  must({"refine 1", "commit"});
  EXPECT_EQ(object(1).provenance.handEdits, 1) << "the mask is still the corrected one";
  EXPECT_EQ(object(1).provenance.model, "fake");
  must({"refine 1", "point 0 0 25 75 +", "segment", "commit"});
  EXPECT_EQ(object(1).provenance.handEdits, 0) << "made anew";
}

TEST_F(ObjectCommandsTest, AProjectKeepsAllOfIt) {
  const std::string project = (folder_ / "p.cyto").string();
  must({"project '" + project + "'", "open '" + imagePath().string() + "'",
        prompts(R"({"objects": [{"id": 5, "points": [[25, 25, 1]]}, {"id": 6, "points": [[75, 75, 1]]}]})"), "accept 1",
        "paint 0 0 25 10 4 1", "paint 0 0 90 5 2 3", "merge 1 3", "verify 1", "class 1 x", "point 0 0 25 75 +",
        "segment"});
  const auto reopened = Project::open(project);
  ASSERT_TRUE(reopened) << reopened.error().message();
  EXPECT_EQ(stateHash((*reopened)->document()), session_.stateHash());
  EXPECT_EQ((*reopened)->document().draft, session_.document().draft);
  for (const auto& [id, record] : session_.document().objects) {
    EXPECT_EQ(*(*reopened)->document().objects.at(id), *record) << id;
  }
}

}  // namespace
}  // namespace cyto
