#include "core/nn/cyto/decoding_window.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/nn/cyto/encoder.h"
#include "tests/support/random_seed.h"

namespace cyto::nn {
namespace {

constexpr int64_t kFrame = 1024;

/// A dense prediction that says this size, in frame pixels, everywhere.
at::Tensor denseSaying(double size) {
  at::Tensor dense = at::zeros({1, DenseChannels::kCount, kFrame / 4, kFrame / 4}, at::kFloat);
  dense.select(1, DenseChannels::kLogSize).fill_(std::log2(size / kSizeUnit));
  return dense;
}

PromptTensors clickAt(double x, double y) {
  PromptTensors prompts;
  prompts.points = at::tensor({static_cast<float>(x), static_cast<float>(y)}).view({1, 1, 2});
  prompts.pointLabels = at::ones({1, 1}, at::kFloat);
  return prompts;
}

PromptTensors boxAt(double x0, double y0, double x1, double y1) {
  PromptTensors prompts;
  prompts.boxes =
      at::tensor({static_cast<float>(x0), static_cast<float>(y0), static_cast<float>(x1), static_cast<float>(y1)})
          .view({1, 4});
  return prompts;
}

/// Each cell's own place: (1, 2, cells, cells), x first.
at::Tensor places(int64_t cells) {
  const at::Tensor axis = at::arange(cells, at::kFloat);
  return at::stack({axis.unsqueeze(0).expand({cells, cells}), axis.unsqueeze(1).expand({cells, cells})}).unsqueeze(0);
}

TEST(DecodingWindow, HasRoomForTheObjectThatIsExpected) {
  const DecodingWindow small = DecodingWindow::around(clickAt(500, 500), denseSaying(30));
  EXPECT_EQ(small.side(), DecodingWindow::kSmallestSide);
  const DecodingWindow large = DecodingWindow::around(clickAt(500, 500), denseSaying(120));
  EXPECT_GT(large.side(), small.side());
  EXPECT_FALSE(large.isWhole());
  EXPECT_TRUE(DecodingWindow::around(clickAt(500, 500), denseSaying(400)).isWhole());
  EXPECT_TRUE(DecodingWindow::around(boxAt(100, 100, 700, 200), denseSaying(30)).isWhole());
}

TEST(DecodingWindow, ASmallFrameIsDecodedWhole) {
  const at::Tensor dense = at::zeros({1, DenseChannels::kCount, 32, 32}, at::kFloat);
  EXPECT_TRUE(DecodingWindow::around(clickAt(60, 60), dense).isWhole());
}

TEST(DecodingWindow, PromptsOutsideTheFrameAndPaddingAreNoReasonToFail) {
  EXPECT_TRUE(DecodingWindow::around(clickAt(-500, 5000), denseSaying(30)).isWhole());
  PromptTensors padded = clickAt(100, 100);
  padded.points = at::cat({padded.points, at::full({1, 1, 2}, 1000.0F)}, 1);
  padded.pointLabels = at::cat({padded.pointLabels, at::full({1, 1}, -1.0F)}, 1);
  EXPECT_EQ(DecodingWindow::around(padded, denseSaying(30)).side(), DecodingWindow::kSmallestSide);
  PromptTensors empty;
  empty.masks = at::full({1, 1, kFrame / 4, kFrame / 4}, -5.0F);
  EXPECT_TRUE(DecodingWindow::around(empty, denseSaying(30)).isWhole()) << "nothing says where";
}

TEST(DecodingWindow, MapsPromptsAndMasksStayTogether) {
  const uint64_t seed = test::randomSeed(21);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> anywhere(0, kFrame), size(8, 200);
  for (int i = 0; i < 200; ++i) {
    const double x = anywhere(random), y = anywhere(random);
    PromptTensors prompts = clickAt(x, y);
    if (i % 3 == 0) {
      const double x1 = anywhere(random), y1 = anywhere(random);
      prompts.boxes = boxAt(std::min(x, x1), std::min(y, y1), std::max(x, x1), std::max(y, y1)).boxes;
    }
    DecodingWindow window = DecodingWindow::around(prompts, denseSaying(size(random)));
    for (int round = 0; round < 2; ++round) {
      const Features maps = {window.cut(places(kFrame / 4)), window.cut(places(kFrame / 16))};
      ASSERT_EQ(maps[0].size(2) * 4, window.side());
      ASSERT_EQ(maps[1].size(3) * 16, window.side());
      const PromptTensors moved = window.moved(prompts);
      const auto inWindow = [&](int64_t axis) { return moved.points[0][0][axis].item<double>(); };
      for (const int64_t axis : {0, 1}) {
        ASSERT_GE(inWindow(axis), 0);
        ASSERT_LT(inWindow(axis), static_cast<double>(window.side()));
      }
      const auto column = static_cast<int64_t>(inWindow(0) / 4), row = static_cast<int64_t>(inWindow(1) / 4);
      EXPECT_EQ(maps[0][0][0][row][column].item<double>(), std::floor(static_cast<float>(x) / 4));
      EXPECT_EQ(maps[0][0][1][row][column].item<double>(), std::floor(static_cast<float>(y) / 4));
      const at::Tensor placed = window.placed(maps[0].add(1));
      ASSERT_EQ(placed.size(2), kFrame / 4);
      const at::Tensor inside = placed.gt(0);
      EXPECT_TRUE(placed.masked_select(inside).equal(places(kFrame / 4).add(1).masked_select(inside)));
      EXPECT_EQ(inside.sum().item<int64_t>(), 2 * (window.side() / 4) * (window.side() / 4));
      const int64_t before = window.side();
      window = window.widened();
      EXPECT_TRUE(window.side() == 2 * before || window.isWhole());
    }
  }
}

TEST(DecodingWindow, AMaskIsCutOnlyByEdgesInsideTheFrame) {
  const auto maskWith = [](const DecodingWindow& window, int64_t row, int64_t column) {
    at::Tensor logits = at::full({1, 1, window.side() / 4, window.side() / 4}, -1.0F);
    logits[0][0][row][column] = 1;
    return logits;
  };
  const DecodingWindow corner = DecodingWindow::around(clickAt(3, 3), denseSaying(20));
  const int64_t last = corner.side() / 4 - 1;
  EXPECT_FALSE(corner.cutsThrough(maskWith(corner, 0, 5)));
  EXPECT_FALSE(corner.cutsThrough(maskWith(corner, 5, 0)));
  EXPECT_FALSE(corner.cutsThrough(maskWith(corner, 5, 5)));
  EXPECT_TRUE(corner.cutsThrough(maskWith(corner, last, 5)));
  EXPECT_TRUE(corner.cutsThrough(maskWith(corner, 5, last)));
  const DecodingWindow middle = DecodingWindow::around(clickAt(500, 500), denseSaying(20));
  EXPECT_TRUE(middle.cutsThrough(maskWith(middle, 0, 5)));
  EXPECT_TRUE(middle.cutsThrough(maskWith(middle, 5, 0)));
}

}  // namespace
}  // namespace cyto::nn
