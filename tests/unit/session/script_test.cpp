#include "core/session/script.h"

#include <gmock/gmock.h>

#include "tests/unit/session/session_fixture.h"

namespace cyto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ScriptWords, QuotesCommentsAndEscapes) {
  EXPECT_THAT(*scriptWords("point 0  0\t5 6 +\r"), ElementsAre("point", "0", "0", "5", "6", "+"));
  EXPECT_THAT(*scriptWords("open \"my cells 细胞.tif\" # the first"), ElementsAre("open", "my cells 细胞.tif"));
  EXPECT_THAT(*scriptWords("open 'a \"b\" c'"), ElementsAre("open", "a \"b\" c"));
  EXPECT_THAT(*scriptWords(R"(open "a \"b\" \\ \n")"), ElementsAre("open", R"(a "b" \ \n)"));
  EXPECT_THAT(*scriptWords("open plate#3.tif"), ElementsAre("open", "plate#3.tif")) << "only a word's first # comments";
  EXPECT_THAT(*scriptWords("open a\" b \"c"), ElementsAre("open", "a b c"));
  EXPECT_THAT(*scriptWords("x ''"), ElementsAre("x", ""));
  EXPECT_THAT(*scriptWords("   # nothing"), IsEmpty());
  EXPECT_FALSE(scriptWords("open \"half"));
}

class ScriptTest : public test::SessionFixture {
 protected:
  Result<Script::Next> execute(const std::string& line) { return script_.execute(line, {}); }

  std::string refusal(const std::string& line) {
    const auto result = execute(line);
    return result ? "it was carried out" : result.error().message();
  }

  std::vector<std::string> printed_;
  Script script_{session_, worker_, [this](const std::string& line) -> Status {
                   printed_.push_back(line);
                   return {};
                 }};
};

TEST_F(ScriptTest, AcknowledgesChangesAndNothingElse) {
  for (const std::string& line :
       {"open '" + imagePath().string() + "'", std::string("point 0 0 25 25 +"), std::string("segment"),
        std::string("commit"), std::string("count objects"), std::string("expect objects == 1"), std::string(""),
        std::string("box 0 0 60 60 90 90"), std::string("clear"), std::string("wait idle")}) {
    const auto next = execute(line);
    ASSERT_TRUE(next) << line << ": " << next.error().message();
    EXPECT_EQ(*next, Script::Next::kGoOn);
  }
  EXPECT_THAT(printed_,
              ElementsAre("ack 1 open", "ack 2 point", "mask 400 pixels, predicted IoU 0.900", "ack 3 segment",
                          "object 1 400 pixels", "ack 4 commit", "1", "ack 5 box", "ack 6 clear"));
  EXPECT_EQ(*execute("quit"), Script::Next::kQuit);
}

TEST_F(ScriptTest, ComparesCounts) {
  ASSERT_TRUE(execute("open '" + imagePath().string() + "'"));
  for (const char* holds : {"== 0", "!= 1", "< 1", "<= 0", "> -1", ">= 0"}) {
    EXPECT_TRUE(execute(std::string("expect objects ") + holds)) << holds;
  }
  for (const char* fails : {"== 1", "!= 0", "< 0", "<= -1", "> 0", ">= 1"}) {
    EXPECT_THAT(refusal(std::string("expect objects ") + fails), HasSubstr("but there are 0")) << fails;
  }
  EXPECT_THAT(refusal("expect objects = 1"), HasSubstr("is no comparison"));
}

TEST_F(ScriptTest, AFailedCommandIsNotAcknowledged) {
  ASSERT_TRUE(execute("open '" + imagePath().string() + "'"));
  EXPECT_FALSE(execute("point 0 0 nan 5 +"));
  EXPECT_FALSE(execute("commit"));
  EXPECT_THAT(printed_, ElementsAre("ack 1 open"));
  ASSERT_TRUE(execute("clear"));
  EXPECT_THAT(printed_, ElementsAre("ack 1 open", "ack 2 clear")) << "the sequence has no gap";
}

TEST_F(ScriptTest, AModelIsNamedOrAFile) {
  ASSERT_TRUE(execute("model 'my model'"));
  EXPECT_THAT(loaded_, ElementsAre("my model"));
  EXPECT_THAT(refusal("model broken"), HasSubstr("the weights are broken"));
}

TEST_F(ScriptTest, WordsTooManyAreRefused) {
  for (const char* line :
       {"clear all", "segment now", "commit 1", "quit 3", "hash labels", "wait", "wait idle x", "model", "open", "live",
        "live 3", "refine", "alternative", "save a b", "count", "export tiff", "box 0 0 1 1 2"}) {
    EXPECT_FALSE(execute(line)) << line;
  }
}

TEST_F(ScriptTest, LiveMasksFollowFromPromptsAndGoBackWithThem) {
  ASSERT_TRUE(execute("open '" + imagePath().string() + "'"));
  for (const char* line :
       {"live on", "point 0 0 25 25 +", "commit", "point 0 0 25 75 -", "point 0 0 75 75 +", "undo", "redo", "commit"}) {
    const auto done = execute(line);
    ASSERT_TRUE(done) << line << ": " << done.error().message();
  }
  EXPECT_EQ(session_.document().objects.size(), 2u);
  ASSERT_TRUE(execute("undo 2"));
  EXPECT_FALSE(session_.current()) << "a negative point alone cannot be answered";
  ASSERT_TRUE(execute("undo"));
  EXPECT_TRUE(session_.document().draft.isEmpty());
  EXPECT_EQ(session_.document().objects.size(), 1u);
}

TEST_F(ScriptTest, PaintEraseFillDelete) {
  for (const std::string& line :
       {"open '" + imagePath().string() + "'", std::string("paint 0 0 10 10 3 1 10 20"),
        std::string("erase 0 0 10 15 1"), std::string("fill 0 0 10 8 1"), std::string("expect objects == 1"),
        std::string("paint 0 0 50 10 3 2"), std::string("delete 1"), std::string("expect objects == 1"),
        std::string("goto 0"), std::string("expect objects == 0"), std::string("redo 2")}) {
    const auto done = execute(line);
    ASSERT_TRUE(done) << line << ": " << done.error().message();
  }
  EXPECT_THAT(refusal("delete 7"), HasSubstr("there is no object 7"));
  EXPECT_THAT(refusal("paint 0 0 10 10 3"), HasSubstr("write it as: paint"));
  EXPECT_THAT(refusal("paint 0 0 10 10 3 1 7"), HasSubstr("write it as: paint"));
  EXPECT_THAT(refusal("paint 0 0 10 10 1e9 1"), HasSubstr("radius"));
  EXPECT_THAT(refusal("erase 3 0 10 10 3"), HasSubstr("no plane t 3"));
  EXPECT_THAT(refusal("fill 0 0 500 10 1"), HasSubstr("outside"));
  EXPECT_THAT(refusal("redo 99"), HasSubstr("to redo"));
  EXPECT_THAT(refusal("undo 0"), HasSubstr("at least 1"));
}

TEST_F(ScriptTest, ThePixelSizeIsKeptWithTheProject) {
  ASSERT_TRUE(execute("project '" + (folder_ / "p.cyto").string() + "'"));
  ASSERT_TRUE(execute("open '" + imagePath().string() + "'"));
  ASSERT_TRUE(execute("scale 0.325 micrometer"));
  for (const char* line : {"scale 0 micrometer", "scale -1 micrometer", "scale nan micrometer", "scale 1 parsec"}) {
    EXPECT_FALSE(execute(line)) << line;
  }
  const auto project = Project::open(folder_ / "p.cyto");
  ASSERT_TRUE(project);
  EXPECT_EQ((*project)->document().settings.scale.x, 0.325);
  EXPECT_EQ((*project)->document().settings.scale.spaceUnit, "micrometer");
}

TEST_F(ScriptTest, AProjectIsMadeByTheNextOpenAndOpenedLater) {
  const std::string project = (folder_ / "p.cyto").string();
  ASSERT_TRUE(execute("project '" + project + "'"));
  ASSERT_TRUE(execute("open '" + imagePath().string() + "'"));
  ASSERT_TRUE(execute("paint 0 0 10 10 3 1"));
  ASSERT_TRUE(execute("save"));
  InferenceWorker worker([this](const std::string& name, const JobContext&) { return load(name); }, {});
  AnnotationSession session(worker);
  Script script(session, worker, [](const std::string&) -> Status { return {}; });
  ASSERT_TRUE(script.execute("project '" + project + "'", {})) << "for reading, it is open here";
  EXPECT_EQ(session.stateHash(), session_.stateHash());
  EXPECT_THAT(script.execute("undo", {}).error().message(), HasSubstr("only be looked at"));
  ASSERT_TRUE(script.execute("save '" + project + "2'", {}));
  EXPECT_TRUE(script.execute("undo", {}));
}

TEST_F(ScriptTest, CancelStopsBeforeTheNextCommand) {
  const CancelSource stop;
  stop.cancel();
  const auto result = script_.execute("clear", {stop.token(), {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cyto
