#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/shared_data.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string golden(const std::string& name) { return inRepository("tests/golden/formats/" + name).string(); }

TEST(InspectCommand, JsonHasEverythingAboutAnImage) {
  const ProgramRun run = runProgram({"inspect", golden("made/imagej-tzcyx.tif"), "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json info = json::parse(run.out);
  EXPECT_EQ(info["format"], "ImageJ TIFF");
  EXPECT_EQ(info["shape"], json({{"t", 2}, {"z", 3}, {"y", 12}, {"x", 17}}));
  EXPECT_EQ(info["channels"], 2);
  EXPECT_EQ(info["dtype"], "uint16");
  EXPECT_EQ(info["file_axes"], "TZCYX");
  EXPECT_EQ(info["file_shape"], json({2, 3, 2, 12, 17}));
  EXPECT_EQ(info["scale"]["z"], 0.5);
  EXPECT_EQ(info["space_unit"], "micrometer");
  EXPECT_EQ(info["time_unit"], "minute");
  EXPECT_EQ(info["levels"].size(), 1u);
}

TEST(InspectCommand, TextNamesChannelsLevelsAndWhatIsUnknown) {
  const ProgramRun pyramid = runProgram({"inspect", golden("made/pyramid.ome.tif")});
  EXPECT_EQ(pyramid.exitCode, 0);
  EXPECT_THAT(pyramid.out, HasSubstr("DAPI, actin"));
  EXPECT_THAT(pyramid.out, HasSubstr("80x112 40x56 20x28"));
  EXPECT_THAT(pyramid.out, HasSubstr("0.325 micrometer"));
  EXPECT_THAT(pyramid.err, IsEmpty());
  EXPECT_THAT(runProgram({"inspect", golden("made/gray.png")}).out, HasSubstr("pixel size not stated"));
}

TEST(InspectCommand, AKeyChoosesTheDataSet) {
  const ProgramRun run = runProgram({"inspect", golden("made/several.h5"), "--key", "volume/mask", "--json"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["file_dtype"], "bool");
}

TEST(InspectCommand, ARefusalIsOneSentenceOnStderr) {
  struct Case {
    std::string path;
    int exitCode;
    std::string words;
  };
  for (const Case& refused :
       {Case{golden("README.md"), 1, "no known image format"}, Case{golden("missing.tif"), 1, "there is no such file"},
        Case{golden("made/lzf.h5"), 1, "compressed with lzf"},
        Case{golden("made/several.h5"), 2, "choose one with the key"}}) {
    const ProgramRun run = runProgram({"inspect", refused.path, "--json"});
    EXPECT_EQ(run.exitCode, refused.exitCode) << refused.path;
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.err, HasSubstr(refused.words));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
}

}  // namespace
}  // namespace cyto::test
