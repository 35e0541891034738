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
  Script script_{session_, [this](const std::string& line) -> Status {
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
  for (const char* line : {"clear all", "segment now", "commit 1", "quit 3", "hash labels", "wait", "wait idle x",
                           "model", "open", "count", "export tiff", "box 0 0 1 1 2"}) {
    EXPECT_FALSE(execute(line)) << line;
  }
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
