#include "core/journal/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace cyto {
namespace {

TEST(Crc32cTest, KnownValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(""), 0U);
  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
}

TEST(Crc32cTest, PartsGiveTheSameAsTheWhole) {
  const std::string_view text = "123456789";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(text.substr(cut), crc32c(text.substr(0, cut))), 0xE3069283U) << cut;
  }
}

}  // namespace
}  // namespace cyto
