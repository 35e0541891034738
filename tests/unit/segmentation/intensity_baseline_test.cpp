#include "core/segmentation/intensity_baseline.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

RgbImage twoLevels(bool brightObjects) {
  RgbImage image{60, 80, std::vector<uint8_t>(60 * 80 * 3, brightObjects ? 10 : 240)};
  const auto fill = [&](const PlaneBox& box) {
    for (int64_t y = box.y0; y < box.y1; ++y) {
      for (int64_t x = box.x0; x < box.x1; ++x) {
        for (int64_t c = 0; c < 3; ++c) {
          image.pixels[static_cast<size_t>((y * 80 + x) * 3 + c)] = brightObjects ? 200 : 50;
        }
      }
    }
  };
  fill({10, 10, 20, 30});
  fill({40, 50, 50, 60});
  return image;
}

TEST(IntensityBaseline, FindsTheComponentUnderTheClickBrightOrDark) {
  for (const bool bright : {true, false}) {
    const IntensityBaseline baseline(twoLevels(bright));
    EXPECT_EQ(baseline.componentAt({15, 15, true}).box, (PlaneBox{10, 10, 20, 30}));
    EXPECT_EQ(baseline.componentAt({45, 55, true}).area(), 100);
    EXPECT_TRUE(baseline.componentAt({0, 0, true}).isEmpty());
    EXPECT_TRUE(baseline.componentAt({-10, 500, true}).isEmpty());
  }
}

}  // namespace
}  // namespace cyto
