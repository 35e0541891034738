#include "core/project/object_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "core/project/document.h"
#include "tests/support/random_seed.h"

namespace cyto {
namespace {

using Model = std::map<uint32_t, ObjectTable::RecordPtr>;

ObjectTable::RecordPtr recordOf(uint32_t id, int64_t area) {
  ObjectRecord record;
  record.id = id;
  record.area = area;
  return std::make_shared<const ObjectRecord>(record);
}

void expectSame(const ObjectTable& table, const Model& model) {
  ASSERT_EQ(table.size(), model.size());
  auto expected = model.begin();
  for (const auto& [id, record] : table) {
    ASSERT_EQ(id, expected->first);
    ASSERT_EQ(record, expected->second) << "records are shared, not copied";
    ++expected;
  }
}

TEST(ObjectTable, RandomEditsMatchAMapAndSnapshotsStay) {
  const uint64_t seed = test::randomSeed(41);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  ObjectTable table;
  Model model;
  std::vector<std::pair<ObjectTable, Model>> snapshots;
  for (int step = 0; step < 8'000; ++step) {
    // Mostly the next id, as commits give; some from anywhere, as other people's label images have them.
    const uint32_t anywhere = 0xFFFFFFFFU - static_cast<uint32_t>(random() % 3'000'000) * (random() % 2 ? 1U : 1000U);
    const uint32_t id = random() % 3 == 0 ? anywhere : static_cast<uint32_t>(1 + random() % (step / 2 + 1));
    if (random() % 3 != 0) {
      const auto record = recordOf(id, step);
      table.set(id, record);
      model[id] = record;
    } else {
      ASSERT_EQ(table.erase(id), model.erase(id) == 1);
    }
    const auto found = table.find(id);
    ASSERT_EQ(found != table.end(), model.contains(id));
    ASSERT_EQ(table.contains(id), model.contains(id));
    if (model.contains(id)) {
      ASSERT_EQ(table.at(id), model.at(id));
    }
    if (step % 500 == 0) snapshots.emplace_back(table, model);
  }
  ASSERT_NO_FATAL_FAILURE(expectSame(table, model));
  table.clear();
  EXPECT_TRUE(table.empty());
  for (const auto& [snapshot, then] : snapshots) ASSERT_NO_FATAL_FAILURE(expectSame(snapshot, then));
}

TEST(ObjectTable, TheLargestIdIsAnIdLikeOthers) {
  ObjectTable table;
  for (const uint32_t id : {0xFFFFFFFFU, 1U, 0x80000000U}) table.set(id, recordOf(id, 1));
  EXPECT_EQ(std::prev(table.end())->first, 0xFFFFFFFFU);
  EXPECT_EQ(table.upper_bound(0xFFFFFFFFU), table.end());
  EXPECT_EQ(table.upper_bound(1)->first, 0x80000000U);
  EXPECT_EQ(table.lower_bound(0), table.begin());
}

}  // namespace
}  // namespace cyto
