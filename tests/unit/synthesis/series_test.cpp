#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/random_seed.h"
#include "tests/unit/synthesis/sample_checks.h"

namespace cyto::test {
namespace {

using synthesis::KindDescription;
using synthesis::synthesize;
using synthesis::SyntheticSample;
using synthesis::Track;

std::vector<std::string> kindsThat(bool KindDescription::* can) {
  std::vector<std::string> names;
  for (const KindDescription& kind : synthesis::kinds()) {
    if (kind.*can) names.emplace_back(kind.name);
  }
  return names;
}

std::string testName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// How far the centre of an object moves from one frame to the next, at most, in units of its own diameter.
double farthestStep(const Array& labels, const Track& track) {
  const Shape& shape = labels.shape();
  double lastY = 0, lastX = 0, farthest = 0;
  for (int64_t t = track.begin; t <= track.end; ++t) {
    double sumY = 0, sumX = 0, area = 0;
    for (int64_t z = 0; z < shape.z; ++z) {
      const auto plane = labels.plane<uint32_t>(0, t, z);
      for (size_t i = 0; i < plane.size(); ++i) {
        if (plane[i] != track.id) continue;
        sumY += static_cast<double>(i / static_cast<size_t>(shape.x));
        sumX += static_cast<double>(i % static_cast<size_t>(shape.x));
        ++area;
      }
    }
    const double y = sumY / area, x = sumX / area;
    if (t > track.begin) farthest = std::max(farthest, std::hypot(y - lastY, x - lastX) / std::sqrt(area));
    lastY = y, lastX = x;
  }
  return farthest;
}

class SynthesisSeries : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, SynthesisSeries, testing::ValuesIn(kindsThat(&KindDescription::hasSeries)), testName);

TEST_P(SynthesisSeries, LineagesAreSoundAndIdsStayWithTheirObjects) {
  const uint64_t seed = randomSeed(51);
  SCOPED_TRACE(seedText(seed));
  int64_t steps = 0, jumps = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    const Shape shape{12, 1, 112, 128};
    const auto sample = synthesize({GetParam(), shape, {}}, synthesis::sampleSeed(seed, i));
    ASSERT_TRUE(sample) << sample.error().message();
    expectSound(*sample, shape);
    EXPECT_EQ(sample->image.channels(), 1);
    for (const Track& track : sample->tracks) {
      ++steps;
      jumps += farthestStep(sample->labels, track) > 1.0;
    }
  }
  EXPECT_LE(jumps, steps / 10);
}

TEST_P(SynthesisSeries, FramesChange) {
  const SyntheticSample sample = *synthesize({GetParam(), {3, 1, 96, 96}, Dtype::kUint8}, 7);
  const auto first = sample.labels.plane<uint32_t>(0, 0, 0), last = sample.labels.plane<uint32_t>(0, 2, 0);
  EXPECT_FALSE(std::equal(first.begin(), first.end(), last.begin()));
  EXPECT_TRUE(areEqual(sample, *synthesize({GetParam(), {3, 1, 96, 96}, Dtype::kUint8}, 7)));
}

TEST(SynthesisDivisions, HappenInKindsWhoseCellsDivide) {
  for (const char* kind : {"fluorescence-nuclei", "fluorescence-cells", "phase-contrast-rods", "phase-contrast-blobs",
                           "growth-channels", "membranes"}) {
    int divisions = 0;
    for (uint64_t i = 0; i < 4; ++i) {
      const SyntheticSample sample = *synthesize({kind, {16, 1, 160, 160}, {}}, synthesis::sampleSeed(52, i));
      for (const Track& track : sample.tracks) divisions += track.parent != 0;
    }
    EXPECT_GE(divisions / 2, 4) << kind;
  }
}

class SynthesisVolume : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, SynthesisVolume, testing::ValuesIn(kindsThat(&KindDescription::hasVolumes)), testName);

TEST_P(SynthesisVolume, VolumesAreSoundAndDeeperThanOneSlice) {
  const uint64_t seed = randomSeed(53);
  SCOPED_TRACE(seedText(seed));
  for (uint64_t i = 0; i < 3; ++i) {
    const Shape shape{1, 14, 80, 96};
    const auto sample = synthesize({GetParam(), shape, {}}, synthesis::sampleSeed(seed, i));
    ASSERT_TRUE(sample) << sample.error().message();
    expectSound(*sample, shape);
    std::vector<std::vector<bool>> inSlice(sample->tracks.size() + 1, std::vector<bool>(14));
    for (int64_t z = 0; z < shape.z; ++z) {
      for (const uint32_t id : sample->labels.plane<uint32_t>(0, 0, z)) inSlice[id][static_cast<size_t>(z)] = true;
    }
    int64_t slices = 0;
    for (size_t id = 1; id < inSlice.size(); ++id) slices += std::count(inSlice[id].begin(), inSlice[id].end(), true);
    EXPECT_GT(slices, 2 * static_cast<int64_t>(sample->tracks.size())) << "objects go through several slices";
    EXPECT_TRUE(areEqual(*sample, *synthesize({GetParam(), shape, {}}, synthesis::sampleSeed(seed, i))));
  }
}

TEST(SynthesisVolumeSeries, HaveBoth) {
  for (const char* kind : {"fluorescence-nuclei", "fluorescence-cells", "membranes"}) {
    const Shape shape{5, 8, 64, 64};
    const auto sample = synthesize({kind, shape, {}}, 8);
    ASSERT_TRUE(sample) << sample.error().message();
    expectSound(*sample, shape);
  }
}

}  // namespace
}  // namespace cyto::test
