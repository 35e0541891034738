#include "core/synthesis/population.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/random_seed.h"

namespace cyto::synthesis {
namespace {

Stage stageOf(const Extent3& extent, int64_t frames, uint64_t seed) { return {extent, frames, 1, Random(seed)}; }

Crowd discs(double radius, double coverage) {
  Crowd crowd;
  crowd.coverage = coverage;
  crowd.clumping = 0.5;
  crowd.overlap = 0;
  crowd.size = [radius](Random&) { return radius; };
  crowd.solid = [](uint64_t, const Pose& pose) -> SolidPointer {
    return std::make_shared<Blob>(Blob::Outline{pose.size, pose.size, pose.size, {}, {}});
  };
  return crowd;
}

Population settled(const Stage& stage, const Crowd& crowd) {
  Population population;
  Occupancy occupancy(stage, 2);
  settle(stage, crowd, 0, occupancy, stage.random, population);
  return population;
}

double distance(const Point& a, const Point& b) { return std::hypot(a.z - b.z, a.y - b.y, a.x - b.x); }

TEST(SynthesisPopulation, CrowdsCoverWhatTheyShallAndKeepApart) {
  const uint64_t seed = test::randomSeed(31);
  SCOPED_TRACE(test::seedText(seed));
  for (const bool isVolume : {false, true}) {
    const Stage stage = stageOf(isVolume ? Extent3{60, 60, 60} : Extent3{1, 200, 300}, 1, seed);
    const Population population = settled(stage, discs(8, 0.2));
    const double each = isVolume ? 4.0 / 3 * M_PI * 512 : M_PI * 64, all = static_cast<double>(stage.extent.count());
    EXPECT_NEAR(static_cast<double>(population.size()) * each / all, isVolume ? 0.3 : 0.22, isVolume ? 0.15 : 0.06);
    for (size_t i = 0; i < population.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        EXPECT_GT(distance(population[i].poses[0].centre, population[j].poses[0].centre), 2 * 8 - 4)
            << "a cell is 2 pixels";
      }
    }
  }
}

TEST(SynthesisPopulation, AFrameWithoutRoomIsNoEndlessSearch) {
  const Stage stage = stageOf({1, 60, 60}, 1, 32);
  EXPECT_GE(settled(stage, discs(20, 1)).size(), 1u);
  EXPECT_EQ(settled(stage, discs(20, 0)).size(), 0u);
}

TEST(SynthesisPopulation, LivesHaveNoGapsAndDivisionsTwoDaughters) {
  const uint64_t seed = test::randomSeed(33);
  SCOPED_TRACE(test::seedText(seed));
  const Stage stage = stageOf({1, 200, 200}, 30, seed);
  const Crowd crowd = discs(8, 0.15);
  Population population = settled(stage, crowd);
  const size_t founders = population.size();
  Motion motion;
  motion.cycle = 10;
  live(stage, motion, {crowd}, stage.random, population);
  ASSERT_GT(population.size(), founders);
  std::map<int64_t, int> daughters;
  for (const Agent& agent : population) {
    EXPECT_LE(agent.firstFrame + static_cast<int64_t>(agent.poses.size()), stage.frames);
    if (agent.parent < 0) continue;
    ++daughters[agent.parent];
    const Agent& mother = population[static_cast<size_t>(agent.parent)];
    EXPECT_EQ(mother.firstFrame + static_cast<int64_t>(mother.poses.size()), agent.firstFrame);
    if (!agent.poses.empty()) {
      EXPECT_LT(distance(mother.poses.back().centre, agent.poses[0].centre), 30);
      EXPECT_LT(agent.poses[0].size, mother.poses.back().size);
    }
  }
  for (const auto& [mother, count] : daughters) EXPECT_EQ(count, 2) << mother;
}

TEST(SynthesisPopulation, BodiesThatOverlapPushEachOtherApart) {
  const Stage stage = stageOf({1, 100, 100}, 12, 34);
  const Crowd crowd = discs(10, 0);
  Population population(2);
  population[0].poses.push_back({{0, 50, 48}, 0, 10, 0});
  population[1].poses.push_back({{0, 50, 52}, 0, 10, 0});
  Motion still;
  still.speed = 0, still.turning = 0, still.cycle = 0;
  live(stage, still, {crowd}, stage.random, population);
  EXPECT_GT(distance(population[0].poses.back().centre, population[1].poses.back().centre), 18);
}

TEST(SynthesisPopulation, WhatLeavesTheFrameEnds) {
  const Stage stage = stageOf({1, 60, 60}, 40, 35);
  const Crowd crowd = discs(5, 0);
  Population population(1);
  population[0].poses.push_back({{0, 30, 30}, 0, 5, 0});
  Motion fast;
  fast.speed = 20, fast.cycle = 0;
  live(stage, fast, {crowd}, stage.random, population);
  EXPECT_LT(population[0].poses.size(), 40u);
}

}  // namespace
}  // namespace cyto::synthesis
