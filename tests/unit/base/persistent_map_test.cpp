#include "core/base/persistent_map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using Map = PersistentMap<uint32_t, int>;
using Model = std::map<uint32_t, int>;

void expectSame(const Map& map, const Model& model) {
  ASSERT_EQ(map.size(), model.size());
  ASSERT_EQ(map.empty(), model.empty());
  auto expected = model.begin();
  for (const auto& [key, value] : map) {
    ASSERT_EQ(key, expected->first);
    ASSERT_EQ(value, expected->second);
    ++expected;
  }
  auto backward = map.end();
  for (auto left = model.rbegin(); left != model.rend(); ++left) ASSERT_EQ((--backward)->first, left->first);
  ASSERT_EQ(backward, map.begin());
}

void expectSameBounds(const Map& map, const Model& model, uint32_t key) {
  const auto agree = [&](Map::const_iterator found, Model::const_iterator expected) {
    if (expected == model.end()) {
      EXPECT_EQ(found, map.end()) << key;
    } else {
      ASSERT_NE(found, map.end()) << key;
      EXPECT_EQ(found->first, expected->first) << key;
      EXPECT_EQ(found->second, expected->second) << key;
    }
  };
  agree(map.find(key), model.find(key));
  agree(map.lower_bound(key), model.lower_bound(key));
  agree(map.upper_bound(key), model.upper_bound(key));
  EXPECT_EQ(map.contains(key), model.contains(key));
}

TEST(PersistentMap, EmptyHasNothing) {
  const Map map;
  expectSame(map, {});
  expectSameBounds(map, {}, 0);
  Map other;
  EXPECT_FALSE(other.erase(3));
  other[3] = 1;
  EXPECT_TRUE(other.erase(3));
  expectSame(other, {});
}

TEST(PersistentMap, MovedFromIsEmpty) {
  Map map;
  map[1] = 2;
  Map taken = std::move(map);
  EXPECT_EQ(taken.size(), 1U);
  map = Map();
  EXPECT_EQ(map.begin(), map.end());
  map = std::move(taken);
  expectSame(map, {{1, 2}});
}

/// Keys in ranges of several sizes, so that entries are both hit again and strewn.
uint32_t randomKey(std::mt19937_64& random) {
  constexpr uint32_t kRanges[] = {50, 3000, 0xFFFFFFFF};
  const uint32_t top = kRanges[random() % 3];
  return std::uniform_int_distribution<uint32_t>(0, top)(random);
}

TEST(PersistentMap, RandomWritesMatchAMapAndCopiesStayWhatTheyWere) {
  const uint64_t seed = test::randomSeed(11);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  Map map;
  Model model;
  std::vector<std::pair<Map, Model>> copies;
  for (int step = 0; step < 60'000; ++step) {
    // Grows, shrinks to almost nothing, and grows again.
    const bool grows = step / 15'000 % 2 == 0;
    const bool adds = random() % 10 < (grows ? 8U : 1U);
    if (adds) {
      const uint32_t key = randomKey(random);
      map[key] = model[key] = step;
    } else if (!model.empty()) {
      const auto near = model.lower_bound(randomKey(random));
      const uint32_t key = near == model.end() ? model.begin()->first : near->first;
      EXPECT_TRUE(map.erase(key));
      model.erase(key);
    }
    EXPECT_FALSE(map.erase(0xFFFFFFF0)) << "never added";
    ASSERT_NO_FATAL_FAILURE(expectSameBounds(map, model, randomKey(random)));
    if (step % 3'000 == 0) copies.emplace_back(map, model);
  }
  ASSERT_NO_FATAL_FAILURE(expectSame(map, model));
  for (const auto& [copy, then] : copies) ASSERT_NO_FATAL_FAILURE(expectSame(copy, then));
  // A copy may be written to as well.
  for (auto& [copy, then] : copies) copy[7] = then[7] = -1;
  for (const auto& [copy, then] : copies) ASSERT_NO_FATAL_FAILURE(expectSame(copy, then));
  while (!model.empty()) {
    const uint32_t key = random() % 2 == 0 ? model.begin()->first : model.rbegin()->first;
    ASSERT_TRUE(map.erase(key));
    model.erase(key);
  }
  expectSame(map, model);
}

TEST(PersistentMap, AscendingAndDescendingKeys) {
  Map ascending;
  Map descending;
  Model model;
  for (uint32_t i = 0; i < 5'000; ++i) ascending[i] = model[i] = static_cast<int>(i);
  for (uint32_t i = 5'000; i > 0; --i) descending[i - 1] = static_cast<int>(i - 1);
  ASSERT_NO_FATAL_FAILURE(expectSame(ascending, model));
  ASSERT_NO_FATAL_FAILURE(expectSame(descending, model));
}

}  // namespace
}  // namespace cyto
