#include "core/io/units.h"

#include <gtest/gtest.h>

namespace cyto::io {

TEST(Units, SpellingsOfMicrometers) {
  for (const char* spelling :
       {"micron", "microns", "um", "µm", "μm", "\xB5m", "\\u00B5m", "\\u03BCm", "micrometer", " um "}) {
    EXPECT_EQ(unitName(spelling), "micrometer") << spelling;
  }
}

TEST(Units, OthersAndUnknownOnes) {
  EXPECT_EQ(unitName("nm"), "nanometer");
  EXPECT_EQ(unitName("sec"), "second");
  EXPECT_EQ(unitName("min"), "minute");
  EXPECT_EQ(unitName("pixel"), "");
  EXPECT_EQ(unitName(""), "");
  EXPECT_EQ(unitName("parsec"), "parsec");
}

}  // namespace cyto::io
