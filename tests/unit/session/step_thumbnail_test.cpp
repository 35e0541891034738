#include "core/session/step_thumbnail.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/project/document_edits.h"

namespace cyto {
namespace {

using test::answerEdit;
using test::commitEdit;
using test::kShape;
using test::promptEdit;
using test::square;

constexpr int kSide = 48;
constexpr uint32_t kNeutral = 0xFF44484E;

std::vector<uint32_t> picture(const Edit& edit, const Shape& shape = kShape, int side_px = kSide) {
  StepThumbnailRequest request;
  request.side_px = side_px;
  return renderStepThumbnail(edit, shape, request, {});
}

uint32_t at(const std::vector<uint32_t>& pixels, int y, int x) { return pixels[static_cast<size_t>(y * kSide + x)]; }

int red(uint32_t pixel) { return static_cast<int>(pixel >> 16 & 0xFF); }
int blue(uint32_t pixel) { return static_cast<int>(pixel & 0xFF); }

int tinted(const std::vector<uint32_t>& pixels) {
  return static_cast<int>(
      std::count_if(pixels.begin(), pixels.end(), [](uint32_t pixel) { return pixel != kNeutral; }));
}

class StepThumbnailTest : public testing::Test {
 protected:
  Document document_ = emptyDocument(kShape, {});
};

TEST_F(StepThumbnailTest, PixelsThatWereGivenLieInTheMiddle) {
  const auto pixels = picture(commitEdit(document_, 1, square(100, 200, 32)));
  ASSERT_EQ(pixels.size(), size_t{kSide} * kSide);
  EXPECT_GT(blue(at(pixels, kSide / 2, kSide / 2)), blue(kNeutral)) << "given";
  EXPECT_EQ(at(pixels, 2, 2), kNeutral);
  EXPECT_EQ(at(pixels, kSide - 3, kSide - 3), kNeutral);
  EXPECT_NEAR(tinted(pixels), 32 * 32, 70) << "two thirds of each side";
}

TEST_F(StepThumbnailTest, PixelsThatWereTakenHaveAnotherColour) {
  const Edit commit = commitEdit(document_, 1, square(100, 200, 32));
  ASSERT_TRUE(apply(commit, Direction::kForward, document_));
  Transaction transaction(document_.labels);
  transaction.paint(0, 1, square(100, 200, 32), 0, PaintRule::kOverwrite);
  Edit erase{EditKind::kErase, "erasing", 0, 1, false, {}, transaction.finish(), {}};
  const auto pixels = picture(erase);
  ASSERT_FALSE(pixels.empty());
  EXPECT_GT(red(at(pixels, kSide / 2, kSide / 2)), blue(at(pixels, kSide / 2, kSide / 2)));
}

TEST_F(StepThumbnailTest, ADraftShowsItsMaskAndPoints) {
  const Edit prompt = promptEdit(document_, {120, 220, true});
  ASSERT_TRUE(hasPlace(prompt));
  EXPECT_GT(tinted(picture(prompt)), 10) << "the point";
  ASSERT_TRUE(apply(prompt, Direction::kForward, document_));
  const Edit answer = answerEdit(document_, square(100, 200, 40));
  EXPECT_GT(tinted(picture(answer)), 900) << "the mask";
}

TEST_F(StepThumbnailTest, AStepWithoutAPlaceHasNoPicture) {
  Edit scale{EditKind::kSettings, "pixel size", 0, 0, false, {}, {}, {}};
  EXPECT_FALSE(hasPlace(scale));
  EXPECT_TRUE(picture(scale).empty());
  EXPECT_TRUE(picture(commitEdit(document_, 1, square(4, 4, 4)), kShape, 0).empty());
  EXPECT_TRUE(picture(commitEdit(document_, 1, square(4, 4, 4)), {1, 1, 300, 400}).empty()) << "no such plane";
}

TEST_F(StepThumbnailTest, AClassShowsWhereItsObjectLies) {
  const Edit commit = commitEdit(document_, 1, square(100, 200, 32));
  Edit classify{EditKind::kClassify, "class of object 1", 0, 1, false, {}, {}, {}};
  classify.objects.push_back({1, commit.objects[0].after, commit.objects[0].after});
  EXPECT_TRUE(hasPlace(classify));
  EXPECT_EQ(tinted(picture(classify)), 0) << "no pixel changed";
}

TEST_F(StepThumbnailTest, CornersTinyAndWholePlanesAreInThePicture) {
  EXPECT_GT(tinted(picture(commitEdit(document_, 1, square(0, 0, 1)))), 0);
  EXPECT_GT(tinted(picture(commitEdit(document_, 1, square(299, 399, 1)))), 0);
  const auto pixels =
      picture(commitEdit(document_, 1, maskWhere({0, 0, 300, 400}, [](int64_t, int64_t) { return true; })));
  EXPECT_GT(tinted(pixels), 600);
  EXPECT_EQ(at(pixels, 0, 0), kNeutral) << "beyond the image";
}

TEST_F(StepThumbnailTest, AChangeAcrossChunksIsWhole) {
  const auto pixels = picture(commitEdit(document_, 1, square(240, 240, 32)));
  EXPECT_NEAR(tinted(pixels), 32 * 32, 70);
}

TEST_F(StepThumbnailTest, AChangeOfAnotherPlaneIsShownWhereItIs) {
  Edit edit = commitEdit(document_, 1, square(100, 200, 32));
  edit.z = 0;  // made from there
  EXPECT_NEAR(tinted(picture(edit)), 32 * 32, 70);
}

}  // namespace
}  // namespace cyto
