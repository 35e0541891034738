#include "core/segmentation/automatic/centroid_instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

struct Ellipse {
  double y, x, radiusY, radiusX;
  bool contains(int64_t i, int64_t j) const {
    const double dy = (static_cast<double>(i) - y) / radiusY, dx = (static_cast<double>(j) - x) / radiusX;
    return dy * dy + dx * dx <= 1;
  }
};

/// What a perfect network says about ellipses in a grid of cells, each `scale` pixels of the image wide. Where they
/// overlap the first has the cell.
class PerfectMaps {
 public:
  PerfectMaps(Extent2 grid, std::vector<Ellipse> ellipses, int64_t scale = 1) : ellipses_(std::move(ellipses)) {
    maps.grid = grid;
    maps.imageSize = {grid.y * scale, grid.x * scale};
    maps.cellHeight = maps.cellWidth = static_cast<double>(scale);
    const auto cells = static_cast<size_t>(grid.y * grid.x);
    truth.assign(cells, 0);
    for (size_t i = 0; i < cells; ++i)
      truth[i] = ownerOf(static_cast<int64_t>(i) / grid.x, static_cast<int64_t>(i) % grid.x);
    maps.foreground.resize(cells);
    maps.boundary.resize(cells);
    maps.centroidY.assign(cells, 0);
    maps.centroidX.assign(cells, 0);
    maps.logSize.assign(cells, 0);
    for (size_t i = 0; i < cells; ++i) {
      maps.foreground[i] = truth[i] ? 0.98f : 0.02f;
      maps.boundary[i] = isEdge(i) ? 0.95f : 0.05f;
    }
    for (uint32_t id = 1; id <= ellipses_.size(); ++id) describe(id);
  }

  CentroidMaps maps;
  std::vector<uint32_t> truth;  // by cell

 private:
  uint32_t ownerOf(int64_t y, int64_t x) const {
    for (size_t e = 0; e < ellipses_.size(); ++e) {
      if (ellipses_[e].contains(y, x)) return static_cast<uint32_t>(e + 1);
    }
    return 0;
  }

  bool isEdge(size_t i) const {
    const auto columns = static_cast<size_t>(maps.grid.x);
    const size_t y = i / columns, x = i % columns;
    const auto differs = [&](bool isInside, size_t j) { return isInside && truth[j] != truth[i]; };
    return differs(y > 0, i - columns) || differs(x > 0, i - 1) || differs(x + 1 < columns, i + 1) ||
           differs(i + columns < truth.size(), i + columns);
  }

  void describe(uint32_t id) {
    double y = 0, x = 0, area = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
      if (truth[i] != id) continue;
      y += static_cast<double>(static_cast<int64_t>(i) / maps.grid.x);
      x += static_cast<double>(static_cast<int64_t>(i) % maps.grid.x);
      area += 1;
    }
    for (size_t i = 0; i < truth.size(); ++i) {
      if (truth[i] != id) continue;
      maps.centroidY[i] = static_cast<float>(y / area);
      maps.centroidX[i] = static_cast<float>(x / area);
      maps.logSize[i] = static_cast<float>(std::log2(std::sqrt(area)));
    }
  }

  std::vector<Ellipse> ellipses_;
};

/// IoU of each true object with the best of the labels, which are enlarged by `scale`.
std::vector<double> bestIous(const InstanceLabels& labels, const PerfectMaps& perfect, int64_t scale) {
  std::map<std::pair<uint32_t, uint32_t>, double> both;
  std::map<uint32_t, double> ofTruth, ofLabel;
  for (int64_t y = 0; y < labels.size.y; ++y) {
    for (int64_t x = 0; x < labels.size.x; ++x) {
      const uint32_t truth = perfect.truth[static_cast<size_t>(y / scale * perfect.maps.grid.x + x / scale)];
      const uint32_t label = labels.ids[static_cast<size_t>(y * labels.size.x + x)];
      ++ofTruth[truth];
      ++ofLabel[label];
      ++both[{truth, label}];
    }
  }
  std::map<uint32_t, double> best;
  for (const auto& [pair, shared] : both) {
    if (pair.first == 0 || pair.second == 0) continue;
    const double iou = shared / (ofTruth[pair.first] + ofLabel[pair.second] - shared);
    best[pair.first] = std::max(best[pair.first], iou);
  }
  std::vector<double> ious;
  for (const auto& [truth, area] : ofTruth) {
    if (truth != 0) ious.push_back(best[truth]);
  }
  return ious;
}

TEST(CentroidInstances, FindsObjectsAlsoWhereTheyTouch) {
  const PerfectMaps perfect({60, 80}, {{20, 20, 12, 10}, {20, 39, 12, 9}, {45, 25, 8, 15}, {50, 65, 4, 4}});
  const InstanceLabels labels = instancesFrom(perfect.maps, {});
  EXPECT_EQ(labels.count, 4u);
  EXPECT_EQ(labels.size, (Extent2{60, 80}));
  EXPECT_THAT(bestIous(labels, perfect, 1), ::testing::Each(::testing::Gt(0.9)));
}

TEST(CentroidInstances, EdgesAreSmoothAtTheResolutionOfTheImage) {
  const PerfectMaps perfect({40, 40}, {{19.5, 19.5, 12, 12}}, 8);
  const InstanceLabels labels = instancesFrom(perfect.maps, {});
  ASSERT_EQ(labels.size, (Extent2{320, 320}));
  // A disc has pi r^2 pixels, and few of those within a pixel of its rim are wrong when the rim has no steps.
  int64_t wrong = 0, area = 0;
  for (int64_t y = 0; y < 320; ++y) {
    for (int64_t x = 0; x < 320; ++x) {
      const double radius = std::hypot(static_cast<double>(y) - 159.5, static_cast<double>(x) - 159.5) / 8;
      const bool isInside = labels.ids[static_cast<size_t>(y * 320 + x)] != 0;
      area += isInside;
      wrong += std::abs(radius - 12) > 1 && isInside != (radius < 12);
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_NEAR(static_cast<double>(area), M_PI * 96 * 96, 0.06 * M_PI * 96 * 96);
}

TEST(CentroidInstances, OneObjectIsNotCutByFaintInnerEdges) {
  PerfectMaps perfect({60, 60}, {{30, 30, 22, 14}});
  for (int64_t x = 16; x < 44; ++x) perfect.maps.boundary[static_cast<size_t>(28 * 60 + x)] = 0.4f;
  EXPECT_EQ(instancesFrom(perfect.maps, {}).count, 1u);
}

TEST(CentroidInstances, TheWeightsDecideWhatDividesAnObject) {
  // Two halves that point at one centroid, with a clear edge between them.
  PerfectMaps perfect({60, 60}, {{30, 30, 22, 14}});
  for (int64_t x = 16; x < 44; ++x) {
    for (const int64_t y : {29, 30}) perfect.maps.boundary[static_cast<size_t>(y * 60 + x)] = 0.9f;
  }
  CentroidParameters parameters;
  parameters.minConfidence = 0;
  parameters.boundaryWeight = 0;
  EXPECT_EQ(instancesFrom(perfect.maps, parameters).count, 1u);
  parameters.boundaryWeight = 10;
  EXPECT_EQ(instancesFrom(perfect.maps, parameters).count, 2u);
}

TEST(CentroidInstances, ThePredictedSizeCountsBesideTheCentroid) {
  // Both halves are sure to be small objects of their own, but point at the common centroid.
  PerfectMaps perfect({60, 60}, {{30, 30, 22, 22}});
  for (int64_t x = 8; x < 52; ++x) {
    for (const int64_t y : {29, 30}) perfect.maps.boundary[static_cast<size_t>(y * 60 + x)] = 0.55f;
  }
  for (float& size : perfect.maps.logSize) size = size == 0 ? 0 : size - 0.5f;
  CentroidParameters parameters;
  parameters.minConfidence = 0;
  parameters.sizeWeight = 0;
  EXPECT_EQ(instancesFrom(perfect.maps, parameters).count, 1u);
  parameters.sizeWeight = 10;
  EXPECT_EQ(instancesFrom(perfect.maps, parameters).count, 2u);
}

TEST(CentroidInstances, WhatHasNoClearRimIsDropped) {
  PerfectMaps perfect({60, 80}, {{20, 20, 10, 10}, {40, 60, 10, 10}});
  for (size_t i = 0; i < perfect.truth.size(); ++i) {
    if (static_cast<int64_t>(i) % 80 > 40) perfect.maps.boundary[i] = std::min(perfect.maps.boundary[i], 0.1f);
  }
  const InstanceLabels sure = instancesFrom(perfect.maps, {});
  EXPECT_EQ(sure.count, 1u);
  EXPECT_NE(sure.ids[20 * 80 + 20], 0u);
  CentroidParameters lenient;
  lenient.minConfidence = 0;
  EXPECT_EQ(instancesFrom(perfect.maps, lenient).count, 2u);
}

TEST(CentroidInstances, AnObjectThatFillsTheImageIsOne) {
  const PerfectMaps perfect({20, 20}, {{10, 10, 100, 100}});
  const InstanceLabels labels = instancesFrom(perfect.maps, {});
  EXPECT_EQ(labels.count, 1u);
  EXPECT_EQ(std::set<uint32_t>(labels.ids.begin(), labels.ids.end()), std::set<uint32_t>{1});
}

TEST(CentroidInstances, MapsWithoutSenseGiveNoObjectsAndNoHarm) {
  PerfectMaps perfect({20, 20}, {{10, 10, 6, 6}});
  CentroidMaps broken = perfect.maps;
  broken.centroidX.assign(400, NAN);
  EXPECT_EQ(instancesFrom(broken, {}).count, 0u);
  broken = perfect.maps;
  broken.foreground.assign(400, INFINITY);
  EXPECT_EQ(instancesFrom(broken, {}).count, 0u);
  const PerfectMaps nothing({5, 7}, {});
  EXPECT_EQ(instancesFrom(nothing.maps, {}).count, 0u);
  const PerfectMaps cell({1, 1}, {{0, 0, 1, 1}});
  EXPECT_EQ(instancesFrom(cell.maps, {}).count, 1u);
}

TEST(CentroidInstances, SeparateObjectsAreFoundWhateverTheirSize) {
  const uint64_t seed = test::randomSeed(7);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<Ellipse> ellipses;
    for (int attempt = 0; attempt < 60; ++attempt) {
      const Ellipse next{uniform(10, 110), uniform(10, 110), uniform(3, 14), uniform(3, 14)};
      const bool isApart = std::all_of(ellipses.begin(), ellipses.end(), [&](const Ellipse& other) {
        return std::hypot(next.y - other.y, next.x - other.x) >
               std::max(next.radiusY, next.radiusX) + std::max(other.radiusY, other.radiusX) + 1;
      });
      if (isApart) ellipses.push_back(next);
    }
    PerfectMaps perfect({120, 120}, ellipses);
    for (size_t i = 0; i < perfect.truth.size(); ++i) {  // a network is never quite sure
      perfect.maps.foreground[i] += static_cast<float>(uniform(-0.02, 0.02));
      perfect.maps.boundary[i] += static_cast<float>(uniform(-0.05, 0.05));
      perfect.maps.centroidY[i] += static_cast<float>(uniform(-0.5, 0.5));
      perfect.maps.centroidX[i] += static_cast<float>(uniform(-0.5, 0.5));
      perfect.maps.logSize[i] += static_cast<float>(uniform(-0.1, 0.1));
    }
    const InstanceLabels labels = instancesFrom(perfect.maps, {});
    EXPECT_EQ(labels.count, ellipses.size());
    EXPECT_THAT(bestIous(labels, perfect, 1), ::testing::Each(::testing::Gt(0.75)));
  }
}

}  // namespace
}  // namespace cyto
