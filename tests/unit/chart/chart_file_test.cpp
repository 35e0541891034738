#include "core/chart/chart_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "core/io/image_source.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

using testing::HasSubstr;

LineChart chart() {
  return {"IoU & prompts",
          {{"click",
            "prompts",
            "mean IoU",
            {1, 2, 4},
            0,
            1,
            {{"Übersicht", {{1, 0.2}, {2, 0.5}, {4, 0.9}}, SeriesStyle::kLine, ""},
             {"dashed", {{1, 0.3}, {2, 0.6}, {4, 0.8}}, SeriesStyle::kDashed, ""},
             {"single", {{1, 0.1}}, SeriesStyle::kMarkers, "Übersicht"}}}}};
}

TEST(ChartFile, SvgHoldsNamesAndLines) {
  const test::TemporaryFolder folder;
  const auto path = folder / "Übersicht.svg";
  const Status written = writeChart(path, chart());
  ASSERT_TRUE(written) << written.error().message();
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_THAT(text.str(), testing::AllOf(HasSubstr("IoU &amp; prompts"), HasSubstr("Übersicht"),
                                         HasSubstr("stroke-dasharray"), HasSubstr("mean IoU")));
}

TEST(ChartFile, PngShowsTheSamePageInTwiceThePixels) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(writeChart(folder / "chart.png", chart()));
  ASSERT_TRUE(writeChart(folder / "chart.svg", chart()));
  const auto source = io::openImage(folder / "chart.png");
  ASSERT_TRUE(source) << source.error().message();
  std::ostringstream svg;
  svg << std::ifstream(folder / "chart.svg").rdbuf();
  const Shape& shape = (*source)->info().shape;
  EXPECT_THAT(svg.str(), HasSubstr("width=\"" + std::to_string(shape.x / 2) + ".00\" height=\"" +
                                   std::to_string(shape.y / 2) + ".00\""));
  const auto pixels = (*source)->read(Box::whole(shape));
  ASSERT_TRUE(pixels);
  ASSERT_EQ(pixels->channels(), 3);
  std::set<std::array<uint8_t, 3>> colours;
  for (size_t i = 0; i < static_cast<size_t>(shape.y * shape.x); ++i) {
    colours.insert(
        {pixels->plane<uint8_t>(0, 0, 0)[i], pixels->plane<uint8_t>(1, 0, 0)[i], pixels->plane<uint8_t>(2, 0, 0)[i]});
  }
  EXPECT_TRUE(colours.contains({255, 255, 255}));
  EXPECT_TRUE(colours.contains({0, 114, 178})) << "the first colour of the palette, red first";
  EXPECT_TRUE(colours.contains({213, 94, 0}));
}

TEST(ChartFile, OtherSuffixesAndMissingFoldersAreOneSentence) {
  const test::TemporaryFolder folder;
  const Status jpeg = writeChart(folder / "chart.jpg", chart());
  ASSERT_FALSE(jpeg);
  EXPECT_EQ(jpeg.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(jpeg.error().message(), HasSubstr(".svg or .png"));
  for (const char* name : {"gone/chart.svg", "gone/chart.png"}) {
    const Status refused = writeChart(folder / name, chart());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kIo);
    EXPECT_THAT(refused.error().message(), HasSubstr("chart."));
  }
}

}  // namespace
}  // namespace cyto
