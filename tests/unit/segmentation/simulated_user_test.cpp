#include "core/segmentation/simulated_user.h"

#include <gtest/gtest.h>

#include "core/inference/fake_model.h"

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

TEST(Corrections, HaveNames) {
  EXPECT_EQ(correctionsFromName("centre"), Corrections::kCentre);
  EXPECT_EQ(correctionsFromName("pair"), Corrections::kCentrePair);
  EXPECT_EQ(correctionsFromName("random"), Corrections::kRandom);
  EXPECT_FALSE(correctionsFromName("best"));
}

/// Answers with masks that were written down before, and remembers what it was asked.
class ScriptedDecoder : public PromptDecoder {
 public:
  explicit ScriptedDecoder(std::vector<PlaneMask> answers) : answers_(std::move(answers)) {}

  Result<std::unique_ptr<PreparedEmbedding>> prepare(EmbeddingPtr) override {
    return Error(ErrorCode::kInternal, "not used");
  }

  Result<MaskPrediction> decode(const PreparedEmbedding&, const Prompts& prompts, const DecodeOptions&) override {
    const PlaneMask& answer = answers_.at(std::min(asked.size(), answers_.size() - 1));
    asked.push_back(prompts);
    const auto round = static_cast<float>(asked.size());
    return MaskPrediction{{{answer.box, answer.pixels, 0.5f, MaskPrompt{1, {round}}}}};
  }

  std::vector<Prompts> asked;

 private:
  std::vector<PlaneMask> answers_;
};

class PlaneOf60 : public PreparedEmbedding {
 public:
  PlaneOf60() { embedding_.originalSize = {60, 60}; }
  const Embedding& embedding() const override { return embedding_; }

 private:
  Embedding embedding_;
};

class SimulatedUserTest : public testing::Test {
 protected:
  /// The IoU after each round.
  std::vector<double> play(ScriptedDecoder& decoder, const PlaneMask& truth, const SimulatedUser& user) {
    std::vector<double> ious;
    const Status done = simulateUser(decoder, plane_, truth, user, [&](int round, const PlaneMask& answer) {
      EXPECT_EQ(round, static_cast<int>(ious.size()) + 1);
      ious.push_back(intersectionOverUnion(answer, truth));
    });
    EXPECT_TRUE(done) << done.error().message();
    return ious;
  }

  PlaneOf60 plane_;
  PlaneMask truth_ = filled({10, 10, 30, 30});
};

TEST_F(SimulatedUserTest, StartsWithOneClickOrTheTightBox) {
  ScriptedDecoder decoder({truth_});
  play(decoder, truth_, {FirstPrompt::kPoint, 1});
  play(decoder, truth_, {FirstPrompt::kBox, 1});
  ASSERT_EQ(decoder.asked.size(), 2u);
  EXPECT_EQ(decoder.asked[0].points, (std::vector<PointPrompt>{centreClick(truth_)}));
  EXPECT_FALSE(decoder.asked[0].box);
  EXPECT_TRUE(decoder.asked[1].points.empty());
  EXPECT_EQ(*decoder.asked[1].box, (BoxPrompt{10, 10, 30, 30}));
}

TEST_F(SimulatedUserTest, ACertainUserIsContentWithAPerfectAnswer) {
  for (const Corrections corrections : {Corrections::kCentre, Corrections::kCentrePair}) {
    ScriptedDecoder decoder({truth_});
    EXPECT_EQ(play(decoder, truth_, {FirstPrompt::kPoint, 4, true, corrections}), (std::vector<double>{1, 1, 1, 1}));
    EXPECT_EQ(decoder.asked.size(), 1u);
  }
}

TEST_F(SimulatedUserTest, CentreClicksOnceARoundWhereTheErrorIsDeepest) {
  // Missing is a strip of 4 rows, too much is a block of 9; then only the strip is left.
  const PlaneMask first = united(filled({14, 10, 30, 30}), filled({40, 40, 49, 49}));
  const PlaneMask second = filled({14, 10, 30, 30});
  ScriptedDecoder decoder({first, second, truth_});
  const auto ious = play(decoder, truth_, {FirstPrompt::kBox, 5, true, Corrections::kCentre});
  ASSERT_EQ(decoder.asked.size(), 3u);
  EXPECT_EQ(decoder.asked[1].points, (std::vector<PointPrompt>{{44, 44, false}}));
  ASSERT_EQ(decoder.asked[2].points.size(), 2u) << "clicks add up";
  EXPECT_TRUE(decoder.asked[2].points[1].positive);
  EXPECT_TRUE((PlaneBox{10, 10, 14, 30}.contains(static_cast<int64_t>(decoder.asked[2].points[1].y),
                                                 static_cast<int64_t>(decoder.asked[2].points[1].x))));
  EXPECT_TRUE(decoder.asked[2].box) << "the box stays";
  EXPECT_LT(ious[0], ious[1]);
  EXPECT_EQ(ious[2], 1);
  EXPECT_EQ(ious[4], 1);
}

TEST_F(SimulatedUserTest, APairAnswersBothErrorsAtOnce) {
  const PlaneMask first = united(filled({14, 10, 30, 30}), filled({40, 40, 49, 49}));
  ScriptedDecoder decoder({first, truth_});
  play(decoder, truth_, {FirstPrompt::kPoint, 2, true, Corrections::kCentrePair});
  ASSERT_EQ(decoder.asked.size(), 2u);
  ASSERT_EQ(decoder.asked[1].points.size(), 3u);
  EXPECT_TRUE(decoder.asked[1].points[1].positive);
  EXPECT_EQ(decoder.asked[1].points[2], (PointPrompt{44, 44, false}));
}

TEST_F(SimulatedUserTest, HandsTheLastLogitsBackOrNot) {
  for (const bool feedsBack : {true, false}) {
    ScriptedDecoder decoder({{}, filled({10, 10, 20, 30}), truth_});
    play(decoder, truth_, {FirstPrompt::kPoint, 3, feedsBack});
    ASSERT_EQ(decoder.asked.size(), 3u);
    EXPECT_FALSE(decoder.asked[0].mask);
    ASSERT_EQ(decoder.asked[2].mask.has_value(), feedsBack);
    if (feedsBack) {
      EXPECT_EQ(decoder.asked[2].mask->logits, (std::vector<float>{2})) << "those of the round before";
    }
  }
}

TEST_F(SimulatedUserTest, RandomClicksFallIntoTheErrors) {
  const PlaneMask wrong = filled({20, 10, 40, 30});  // missing: rows 10 to 19; too much: rows 30 to 39
  ScriptedDecoder decoder({wrong});
  play(decoder, truth_, {FirstPrompt::kPoint, 40, false, Corrections::kRandom, 5});
  const std::vector<PointPrompt>& points = decoder.asked.back().points;
  ASSERT_EQ(points.size(), 1u + 2 * 39);
  double least = 99, most = 0;
  for (size_t i = 1; i < points.size(); ++i) {
    EXPECT_EQ(points[i].positive, i % 2 == 1);
    EXPECT_GE(points[i].y, points[i].positive ? 10 : 30);
    EXPECT_LE(points[i].y, points[i].positive ? 19 : 39);
    least = std::min(least, points[i].x);
    most = std::max(most, points[i].x);
  }
  EXPECT_LT(least, 15) << "all over the error";
  EXPECT_GT(most, 25);
}

TEST_F(SimulatedUserTest, WithoutErrorRandomClicksStayOnAndAroundTheObject) {
  ScriptedDecoder decoder({truth_});
  play(decoder, truth_, {FirstPrompt::kPoint, 30, false, Corrections::kRandom, 6});
  const PlaneBox around{7, 7, 33, 33};
  for (const PointPrompt& point : decoder.asked.back().points) {
    const auto y = static_cast<int64_t>(point.y), x = static_cast<int64_t>(point.x);
    EXPECT_EQ(truth_.at(y, x), point.positive);
    EXPECT_TRUE(around.contains(y, x));
  }
}

TEST_F(SimulatedUserTest, AnObjectThatFillsThePlaneGetsNoNegativeClick) {
  const PlaneMask everything = filled({0, 0, 60, 60});
  ScriptedDecoder decoder({everything});
  play(decoder, everything, {FirstPrompt::kPoint, 3, false, Corrections::kRandom, 7});
  for (const PointPrompt& point : decoder.asked.back().points) EXPECT_TRUE(point.positive);
  EXPECT_EQ(decoder.asked.back().points.size(), 3u);
}

TEST_F(SimulatedUserTest, RandomClicksDependOnTheSeedAlone) {
  const auto clicks = [&](uint64_t seed) {
    ScriptedDecoder decoder({filled({20, 10, 40, 30})});
    play(decoder, truth_, {FirstPrompt::kBox, 4, true, Corrections::kRandom, seed});
    return decoder.asked.back().points;
  };
  EXPECT_EQ(clicks(1), clicks(1));
  EXPECT_NE(clicks(1), clicks(2));
}

TEST(SimulatedUserWithAModel, CorrectionsFindTheSecondPieceOfAnObject) {
  const PlaneMask disc = inscribedEllipse({20, 20, 61, 61}), separate = inscribedEllipse({70, 10, 90, 30});
  RgbImage image{100, 100, std::vector<uint8_t>(100 * 100 * 3, 0)};
  for (int64_t y = 0; y < 100; ++y) {
    for (int64_t x = 0; x < 100; ++x) {
      if (disc.at(y, x) || separate.at(y, x)) image.pixels[static_cast<size_t>((y * 100 + x) * 3)] = 240;
    }
  }
  FakeModel model;
  auto encoded = model.encoder().encode(image, {});
  ASSERT_TRUE(encoded);
  auto prepared = model.decoder().prepare(std::make_shared<const Embedding>(std::move(*encoded)));
  ASSERT_TRUE(prepared);
  const PlaneMask both = united(disc, separate);
  std::vector<double> ious;
  const Status done =
      simulateUser(model.decoder(), **prepared, both, {FirstPrompt::kPoint, 2, false},
                   [&](int, const PlaneMask& answer) { ious.push_back(intersectionOverUnion(answer, both)); });
  ASSERT_TRUE(done);
  EXPECT_LT(ious[0], 0.9);
  EXPECT_DOUBLE_EQ(ious[1], 1.0);
}

}  // namespace
}  // namespace cyto
