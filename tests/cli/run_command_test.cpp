#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class RunCommand : public testing::Test {
 protected:
  RunCommand() { fs::create_directories(folder_ / kDifficultName); }
  fs::path file(const std::string& name) const { return folder_ / kDifficultName / name; }

  ProgramRun run(const std::string& script) const {
    writeText(file("script.txt"), script);
    return runProgram({"-q", "run", file("script.txt").string()});
  }
  std::string openSample() const { return "open \"" + sample("small-nuclei.png").string() + "\"\n"; }

  TemporaryFolder folder_;
};

TEST_F(RunCommand, AnnotatesAnImageAndAcknowledgesWhatChanges) {
  const std::string script = "# two nuclei\n" + openSample() +
                             "box 0 0 66 125 89 146   # the first\nsegment\ncommit\n\n"
                             "expect objects == 1\n"
                             "box 0 0 151 81 169 102\nclear\nbox 0 0 151 81 169 102\nsegment\ncommit\n"
                             "expect objects >= 2\ncount objects\nwait idle 5\nhash\n"
                             "export tiff \"" +
                             file("labels.tif").string() + "\"\nquit\nthis is never read\n";
  const ProgramRun first = run(script);
  ASSERT_EQ(first.exitCode, 0) << first.err;
  EXPECT_THAT(first.out,
              AllOf(HasSubstr("ack 1 open\nack 2 box\n"), HasSubstr("ack 3 segment\n"), HasSubstr("ack 4 commit\n"),
                    HasSubstr("ack 6 clear\n"), HasSubstr("ack 9 commit\n2\nxxh128:")));
  const Array labels = readLabels(file("labels.tif"));
  EXPECT_EQ(*std::max_element(labels.as<uint32_t>().begin(), labels.as<uint32_t>().end()), 2u);
  EXPECT_EQ(run(script).out, first.out) << "the same script gives the same state hash";
}

struct BadLine {
  const char* name;
  const char* line;  // after the image was opened in line 1
  const char* says;
};

void PrintTo(const BadLine& bad, std::ostream* out) { *out << bad.name; }

class RunRefuses : public RunCommand, public testing::WithParamInterface<BadLine> {};

TEST_P(RunRefuses, AtTheLineThatFailed) {
  const ProgramRun result = run(openSample() + "# a comment\n" + GetParam().line + "\nhash\n");
  EXPECT_TRUE(result.exitCode == 1 || result.exitCode == 2) << result.exitCode;
  EXPECT_THAT(result.err,
              AllOf(testing::StartsWith("cytoclick: script '"), HasSubstr("line 3: "), HasSubstr(GetParam().says)));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.out, "ack 1 open\n") << "nothing runs after a failure";
}

INSTANTIATE_TEST_SUITE_P(
    BadLine, RunRefuses,
    testing::Values(BadLine{"unknown", "segmnt", "'segmnt' is no command"},
                    BadLine{"open_quote", "open \"half", "a quote \" is not closed"},
                    BadLine{"unquoted_spaces", "open my image.tif", "with quotes around a path that has spaces"},
                    BadLine{"missing_image", "open gone.tif", "gone.tif': there is no such file"},
                    BadLine{"too_few", "point 0 0 5 +", "write it as: point T Z Y X +|-"},
                    BadLine{"sign", "point 0 0 5 5 yes", "write it as: point T Z Y X +|-"},
                    BadLine{"text_as_number", "point 0 0 5 five +", "'five' is not a number"},
                    BadLine{"real_frame", "point 0.5 0 5 5 +", "'0.5' is not a whole number"},
                    BadLine{"not_a_number", "point 0 0 nan 5 +", "coordinates must be finite numbers"},
                    BadLine{"outside", "point 0 0 500 5 +", "outside the image of 256 x 256"},
                    BadLine{"frame_outside", "box 7 0 1 1 5 5", "at t 7, but the image has 1 frame"},
                    BadLine{"box_without_area", "box 0 0 5 5 5 9", "without area"},
                    BadLine{"no_prompts", "segment", "there are no prompts"},
                    BadLine{"no_mask", "commit", "there is no mask to commit"},
                    BadLine{"expectation", "expect objects == 3", "expected objects == 3, but there are 0"},
                    BadLine{"comparison", "expect objects ~ 3", "is no comparison"},
                    BadLine{"count_what", "count cats", "write it as: count objects"},
                    BadLine{"format", "export gif labels.gif", "'gif' is no label format"},
                    BadLine{"folder", "export tiff /no/such/folder/o.tif", "/no/such/folder"},
                    BadLine{"model", "model vit_q", "no model named 'vit_q'"},
                    BadLine{"checkpoint", "model /no/such/weights.pt", "/no/such/weights.pt"}),
    [](const auto& info) { return info.param.name; });

TEST_F(RunCommand, AMissingScriptIsNamed) {
  expectRefusal(runProgram({"run", file("gone.txt").string()}), "gone.txt' cannot be read");
  expectRefusal(runProgram({"run", folder_.path().string()}), "cannot be read");
}

}  // namespace
}  // namespace cyto::test
