#include "core/base/byte_budget_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace cyto {
namespace {

using Cache = ByteBudgetCache<int, std::string>;

std::shared_ptr<const std::string> text(const std::string& value) { return std::make_shared<const std::string>(value); }

TEST(ByteBudgetCache, EvictsTheLeastRecentlyUsedFirst) {
  Cache cache(30);
  cache.insert(1, text("one"), 10);
  cache.insert(2, text("two"), 10);
  cache.insert(3, text("three"), 10);
  ASSERT_TRUE(cache.find(1));  // now 2 is the oldest
  cache.insert(4, text("four"), 10);
  EXPECT_TRUE(cache.find(1));
  EXPECT_FALSE(cache.find(2));
  EXPECT_TRUE(cache.find(3));
  EXPECT_TRUE(cache.find(4));
}

TEST(ByteBudgetCache, AskingWhetherAValueIsThereKeepsTheOrder) {
  Cache cache(20);
  cache.insert(1, text("one"), 10);
  cache.insert(2, text("two"), 10);
  EXPECT_TRUE(cache.contains(1));
  EXPECT_FALSE(cache.contains(3));
  EXPECT_EQ(cache.count(), 2);
  cache.insert(3, text("three"), 10);
  EXPECT_FALSE(cache.contains(1)) << "it stayed the oldest";
  EXPECT_TRUE(cache.contains(2));
  EXPECT_TRUE(cache.contains(3));
  EXPECT_EQ(cache.count(), 2);
}

TEST(ByteBudgetCache, EvictionLeavesTheReadersValueAlone) {
  Cache cache(10);
  cache.insert(1, text("held"), 10);
  const auto held = cache.find(1);
  cache.insert(2, text("other"), 10);
  EXPECT_FALSE(cache.find(1));
  EXPECT_EQ(*held, "held");
}

TEST(ByteBudgetCache, AValueLargerThanTheBudgetIsNotKeptAndReplacesTheOldOne) {
  Cache cache(10);
  cache.insert(1, text("small"), 5);
  cache.insert(1, text("huge"), 11);
  EXPECT_FALSE(cache.find(1));
  EXPECT_EQ(cache.used_bytes(), 0);
}

TEST(ByteBudgetCache, AValueLargerThanTheBudgetIsKeptAloneWhereItIsAskedFor) {
  Cache cache(10);
  cache.insert(1, text("small"), 5);
  cache.insertEvenIfTooLarge(2, text("huge"), 11);
  EXPECT_FALSE(cache.find(1));
  ASSERT_TRUE(cache.find(2));
  EXPECT_EQ(cache.used_bytes(), 10);
  cache.insertEvenIfTooLarge(3, text("huge too"), 500);
  EXPECT_FALSE(cache.find(2));
  EXPECT_TRUE(cache.find(3));
  cache.insertEvenIfTooLarge(4, text("small"), 4);
  EXPECT_FALSE(cache.find(3));
  EXPECT_EQ(cache.used_bytes(), 4);
}

TEST(ByteBudgetCache, NeverExceedsItsBudgetUnderRandomUse) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Cache cache(1000);
  for (int i = 0; i < 5000; ++i) {
    const int key = static_cast<int>(random() % 50);
    if (random() % 3 == 0) {
      const auto found = cache.find(key);
      if (found) {
        EXPECT_EQ(*found, std::to_string(key));
      }
    } else {
      cache.insert(key, text(std::to_string(key)), random() % 400);
    }
    ASSERT_LE(cache.used_bytes(), 1000);
    ASSERT_GE(cache.used_bytes(), 0);
  }
}

}  // namespace
}  // namespace cyto
