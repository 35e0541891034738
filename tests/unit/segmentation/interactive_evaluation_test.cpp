#include "core/segmentation/interactive_evaluation.h"

#include <gtest/gtest.h>

#include "core/inference/fake_model.h"
#include "core/inference/preprocessing.h"
#include "core/segmentation/intensity_baseline.h"

namespace cyto {
namespace {

PlaneMask filled(const PlaneBox& box) {
  return maskWhere(box, [](int64_t, int64_t) { return true; });
}

TEST(CentreClick, IsTheMiddleOfADisc) {
  const PointPrompt click = centreClick(inscribedEllipse({10, 20, 31, 41}));
  EXPECT_DOUBLE_EQ(click.y, 20);
  EXPECT_DOUBLE_EQ(click.x, 30);
  EXPECT_TRUE(click.positive);
}

TEST(CentreClick, OfARodIsItsMiddleAlthoughManyPixelsAreEquallyDeep) {
  const PointPrompt click = centreClick(filled({5, 0, 8, 101}));
  EXPECT_DOUBLE_EQ(click.y, 6);
  EXPECT_DOUBLE_EQ(click.x, 50);
}

TEST(CentreClick, LiesInTheObjectEvenWhereItsCentreOfMassDoesNot) {
  // A horseshoe with one thick leg.
  const PlaneMask horseshoe = maskWhere({0, 0, 40, 40}, [](int64_t y, int64_t x) { return x < 9 || x >= 37 || y < 3; });
  const PointPrompt click = centreClick(horseshoe);
  EXPECT_TRUE(horseshoe.at(static_cast<int64_t>(click.y), static_cast<int64_t>(click.x)));
  EXPECT_LT(click.x, 9);
}

TEST(TruthObjects, EveryIdIsOneObjectAndSpecksAreLeftOut) {
  std::vector<uint32_t> labels(10 * 10, 0);
  labels[0] = labels[99] = labels[98] = 5;  // two pieces
  labels[50] = 2;
  for (const size_t i : {11u, 12u, 21u, 22u}) labels[i] = 70000;
  const auto objects = objectsOf(labels, 10, 10, 2);
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].id, 5u);
  EXPECT_EQ(objects[0].mask.area(), 3);
  EXPECT_EQ(objects[1].id, 70000u);
  EXPECT_EQ(objects[1].mask.box, (PlaneBox{1, 1, 3, 3}));
}

TEST(TruthObjects, ASampleDependsOnTheSeedAlone) {
  std::vector<TruthObject> all;
  for (uint32_t id = 1; id <= 50; ++id) all.push_back({id, filled({id, 0, id + 1, 5})});
  const auto ids = [&](int64_t count, uint64_t seed) {
    std::vector<uint32_t> chosen;
    for (const TruthObject& object : sampled(all, count, seed)) chosen.push_back(object.id);
    return chosen;
  };
  EXPECT_EQ(ids(12, 1).size(), 12u);
  EXPECT_EQ(ids(12, 1), ids(12, 1));
  EXPECT_NE(ids(12, 1), ids(12, 2));
  EXPECT_EQ(ids(0, 1).size(), 50u);
  EXPECT_EQ(ids(50, 1).size(), 50u);
  const auto chosen = ids(12, 3);
  EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
}

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

class SimulatedUserTest : public testing::Test {
 protected:
  // A bright disc that touches a rod of the same brightness: one click takes both, a correction parts them.
  void SetUp() override {
    RgbImage image{100, 100, std::vector<uint8_t>(100 * 100 * 3, 0)};
    for (int64_t y = 0; y < 100; ++y) {
      for (int64_t x = 0; x < 100; ++x) {
        uint8_t value = 0;
        if (disc.at(y, x)) value = 200;
        if (tail.contains(y, x)) value = 220;
        for (int64_t c = 0; c < 3; ++c) image.pixels[static_cast<size_t>((y * 100 + x) * 3 + c)] = value;
      }
    }
    auto encoded = model.encoder().encode(image, {});
    ASSERT_TRUE(encoded);
    auto made = model.decoder().prepare(std::make_shared<const Embedding>(std::move(*encoded)));
    ASSERT_TRUE(made);
    prepared = *std::move(made);
  }

  FakeModel model;
  PlaneMask disc = inscribedEllipse({20, 20, 61, 61});
  PlaneBox tail{35, 61, 45, 95};
  std::unique_ptr<PreparedEmbedding> prepared;
};

TEST_F(SimulatedUserTest, ScoresTheFirstClickAndTheBox) {
  const auto point = simulateUser(model.decoder(), *prepared, disc, {FirstPrompt::kPoint, 1, true});
  ASSERT_TRUE(point) << point.error().message();
  ASSERT_EQ(point->size(), 1u);
  const PlaneMask both = united(disc, filled(tail));
  EXPECT_DOUBLE_EQ(point->front(), intersectionOverUnion(disc, both));
  const auto box = simulateUser(model.decoder(), *prepared, disc, {FirstPrompt::kBox, 1, true});
  ASSERT_TRUE(box);
  EXPECT_GT(box->front(), 0.98);
}

TEST_F(SimulatedUserTest, APerfectAnswerNeedsNoCorrection) {
  const PlaneMask both = united(disc, filled(tail));
  const auto ious = simulateUser(model.decoder(), *prepared, both, {FirstPrompt::kPoint, 4, true});
  ASSERT_TRUE(ious);
  EXPECT_EQ(*ious, (std::vector<double>{1, 1, 1, 1}));
}

TEST_F(SimulatedUserTest, CorrectionsClickWhereTheErrorIs) {
  // Two objects at once: the first click finds the deeper one, the correction adds the other.
  const PlaneMask separate = inscribedEllipse({70, 10, 90, 30});
  RgbImage image{100, 100, std::vector<uint8_t>(100 * 100 * 3, 0)};
  for (int64_t y = 0; y < 100; ++y) {
    for (int64_t x = 0; x < 100; ++x) {
      if (disc.at(y, x) || separate.at(y, x)) image.pixels[static_cast<size_t>((y * 100 + x) * 3)] = 240;
    }
  }
  auto encoded = model.encoder().encode(image, {});
  ASSERT_TRUE(encoded);
  auto made = model.decoder().prepare(std::make_shared<const Embedding>(std::move(*encoded)));
  ASSERT_TRUE(made);
  const PlaneMask both = united(disc, separate);
  const auto ious = simulateUser(model.decoder(), **made, both, {FirstPrompt::kPoint, 2, false});
  ASSERT_TRUE(ious);
  EXPECT_LT((*ious)[0], 0.9);
  EXPECT_DOUBLE_EQ((*ious)[1], 1.0);
}

}  // namespace
}  // namespace cyto
