#include "core/chart/svg_canvas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cyto {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SvgCanvas, WritesShapesAsTheyAreGiven) {
  SvgCanvas canvas({200, 100});
  canvas.line({{1, 2}, {3.456, 4}}, {{255, 0, 16}, 2, true});
  canvas.polygon({{0, 0}, {1, 0}, {0, 1}}, {0, 0, 255}, {{0, 0, 0}, 1});
  const std::string svg = canvas.text();
  EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 200.00 100.00\""));
  EXPECT_THAT(svg, HasSubstr("points=\"1.00,2.00 3.46,4.00\" stroke=\"#ff0010\" stroke-width=\"2.00\" "
                             "stroke-dasharray=\"7.00 5.00\""));
  EXPECT_THAT(svg, HasSubstr("<polygon fill=\"#0000ff\""));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(SvgCanvas, NamesCannotBreakTheDocument) {
  SvgCanvas canvas({10, 10});
  canvas.text({1, 1}, "<b> & \x01 Übersicht", {.isUpright = true});
  EXPECT_THAT(canvas.text(), HasSubstr(">&lt;b&gt; &amp;   Übersicht</text>"));
  EXPECT_THAT(canvas.text(), HasSubstr("rotate(-90 1.00 1.00)"));
}

}  // namespace
}  // namespace cyto
