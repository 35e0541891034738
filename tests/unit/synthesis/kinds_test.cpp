#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "core/base/job_queue.h"
#include "tests/support/random_seed.h"
#include "tests/unit/synthesis/sample_checks.h"

namespace cyto::test {
namespace {

using synthesis::KindDescription;
using synthesis::SynthesisOptions;
using synthesis::synthesize;
using synthesis::SyntheticSample;
using testing::HasSubstr;

SynthesisOptions planeOf(std::string_view kind, int64_t side) { return {std::string(kind), {1, 1, side, side}, {}}; }

class SynthesisKind : public testing::TestWithParam<KindDescription> {
 protected:
  std::string name() const { return std::string(GetParam().name); }
};

INSTANTIATE_TEST_SUITE_P(All, SynthesisKind, testing::ValuesIn(synthesis::kinds()), [](const auto& info) {
  std::string name(info.param.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(SynthesisKind, SamplesAreSound) {
  const uint64_t seed = randomSeed(41);
  SCOPED_TRACE(seedText(seed));
  for (uint64_t i = 0; i < 12; ++i) {
    SCOPED_TRACE(i);
    const int64_t side = i % 3 == 0 ? synthesis::kLeastSide : 80 + 32 * static_cast<int64_t>(i % 4);
    const auto sample = synthesize(planeOf(name(), side), synthesis::sampleSeed(seed, i));
    ASSERT_TRUE(sample) << sample.error().message();
    expectSound(*sample, {1, 1, side, side});
    EXPECT_EQ(sample->tracks.size(), objectsIn(sample->labels, 0).sizes.size());
  }
}

// Not each sample: an object may lie in front of others that nobody labels. But a kind whose labels are elsewhere than
// its objects fails.
TEST_P(SynthesisKind, ObjectsStandOut) {
  const uint64_t seed = randomSeed(42);
  SCOPED_TRACE(seedText(seed));
  constexpr uint64_t kSamples = 16;
  double sum = 0;
  int clear = 0;
  for (uint64_t i = 0; i < kSamples; ++i) {
    const double contrast = contrastAtBorders(*synthesize(planeOf(name(), 160), synthesis::sampleSeed(seed, i)), 0);
    sum += std::min(contrast, 10.0);
    clear += contrast > 1.1;
  }
  EXPECT_GT(sum / kSamples, 1.4);
  EXPECT_GE(clear, static_cast<int>(kSamples * 3 / 4));
}

TEST_P(SynthesisKind, TheSeedDecidesAndNothingElse) {
  const uint64_t seed = randomSeed(43);
  SCOPED_TRACE(seedText(seed));
  const SynthesisOptions options = planeOf(name(), 96);
  const SyntheticSample first = *synthesize(options, seed), other = *synthesize(options, seed + 1);
  EXPECT_TRUE(areEqual(first, *synthesize(options, seed))) << "also after another one was made";
  EXPECT_FALSE(areEqual(first, other));
  std::atomic<int> equal = 0;
  {
    JobQueue queue(4);
    for (int i = 0; i < 8; ++i) {
      queue.post(JobPriority::kBatch,
                 [&](const CancelToken&) { equal += areEqual(first, *synthesize(options, seed)); });
    }
    queue.waitUntilIdle();
  }
  EXPECT_EQ(equal, 8) << "on several threads at once";
}

TEST_P(SynthesisKind, PixelTypesAndOddShapesAreKept) {
  for (const Dtype type : {Dtype::kUint8, Dtype::kUint16}) {
    SynthesisOptions options{name(), {1, 1, 61, 203}, type};
    const auto sample = synthesize(options, 5);
    ASSERT_TRUE(sample) << sample.error().message();
    EXPECT_EQ(sample->image.dtype(), type);
    expectSound(*sample, options.shape);
  }
}

TEST(Synthesis, ObjectsAreOfManySizes) {
  std::vector<int64_t> sizes;
  for (const KindDescription& kind : synthesis::kinds()) {
    for (uint64_t i = 0; i < 6; ++i) {
      const SyntheticSample sample = *synthesize(planeOf(kind.name, 256), synthesis::sampleSeed(44, i));
      for (const auto& [id, size] : objectsIn(sample.labels, 0).sizes) sizes.push_back(size);
    }
  }
  std::sort(sizes.begin(), sizes.end());
  EXPECT_LT(sizes[sizes.size() / 20], 80) << "one in twenty is smaller than 9 pixels across";
  EXPECT_GT(sizes[sizes.size() - 20], 5000) << "and some are larger than 80 pixels across";
}

TEST(Synthesis, PlanesComeInAllPixelTypesAndColours) {
  int narrow = 0, wide = 0, coloured = 0;
  for (const KindDescription& kind : synthesis::kinds()) {
    for (uint64_t i = 0; i < 10; ++i) {
      const SyntheticSample sample = *synthesize(planeOf(kind.name, 64), synthesis::sampleSeed(45, i));
      coloured += sample.image.channels() == 3;
      narrow += sample.image.channels() == 1 && sample.image.dtype() == Dtype::kUint8;
      wide += sample.image.dtype() == Dtype::kUint16;
    }
  }
  EXPECT_GT(narrow, 30);
  EXPECT_GT(wide, 15);
  EXPECT_GT(coloured, 20);
}

TEST(Synthesis, SetsOfOtherSeedsShareNoSample) {
  std::set<uint64_t> seeds;
  for (uint64_t set = 0; set < 20; ++set) {
    for (uint64_t i = 0; i < 50; ++i) seeds.insert(synthesis::sampleSeed(set, i));
  }
  EXPECT_EQ(seeds.size(), 1000u);
}

TEST(Synthesis, ACancelledSampleIsNone) {
  const CancelSource source;
  source.cancel();
  const auto cancelled = synthesize(planeOf("blood", 256), 1, source.token());
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code(), ErrorCode::kCancelled);
}

struct BadOptions {
  const char* name;
  SynthesisOptions options;
  const char* says;
};

TEST(Synthesis, SenselessOptionsAreRefusedWithASentence) {
  const std::vector<BadOptions> bad = {
      {"kind", {"unicorns", {1, 1, 256, 256}, {}}, "no kind of image named 'unicorns'"},
      {"small", {"blood", {1, 1, 47, 256}, {}}, "47 x 256 pixels is too small"},
      {"slices", {"blood", {1, 4, 256, 256}, {}}, "has no slices"},
      {"frames", {"blood", {4, 1, 256, 256}, {}}, "has no frames"},
      {"no frame", {"blood", {0, 1, 256, 256}, {}}, "at least one frame"},
      {"overflow", {"blood", {1, 1, int64_t{1} << 40, int64_t{1} << 40}, {}}, "too large"},
      {"type", {"blood", {1, 1, 256, 256}, Dtype::kFloat32}, "uint8 or uint16"},
  };
  for (const BadOptions& one : bad) {
    const auto refused = synthesize(one.options, 1);
    ASSERT_FALSE(refused) << one.name;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message(), HasSubstr(one.says));
  }
}

}  // namespace
}  // namespace cyto::test
