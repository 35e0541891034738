#include "core/base/xxh128.h"

#include <gtest/gtest.h>

namespace cyto {
namespace {

TEST(Xxh128Test, KnowsTheHashOfNothing) { EXPECT_EQ(Xxh128().text(), "xxh128:99aa06d3014798d86001c324468d497f"); }

TEST(Xxh128Test, PartsGiveTheHashOfTheWhole) {
  const std::string text(100'000, 'x');
  Xxh128 whole;
  whole.add(text.data(), text.size());
  Xxh128 parts;
  for (size_t i = 0; i < text.size(); i += 777) parts.add(text.data() + i, std::min<size_t>(777, text.size() - i));
  EXPECT_EQ(parts.digits(), whole.digits());
  parts.addValue('x');
  EXPECT_NE(parts.digits(), whole.digits());
}

}  // namespace
}  // namespace cyto
