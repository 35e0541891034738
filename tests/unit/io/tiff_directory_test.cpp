// The bounded view of a TIFF file's structure, fed with files made byte by byte.

#include "core/io/tiff/tiff_directory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/io/image_source.h"
#include "tests/support/temporary_folder.h"

namespace cyto::io {

namespace {

// Little-endian classic TIFF.
class TiffBytes {
 public:
  TiffBytes() { text_ = std::string("II*\0", 4); }

  TiffBytes& u16(uint32_t value) {
    text_ += static_cast<char>(value & 0xFF);
    text_ += static_cast<char>((value >> 8) & 0xFF);
    return *this;
  }
  TiffBytes& u32(uint32_t value) { return u16(value & 0xFFFF).u16(value >> 16); }
  /// A directory entry with one SHORT or LONG.
  TiffBytes& entry(uint32_t tag, uint32_t value, uint32_t type = 4, uint32_t count = 1) {
    return u16(tag).u16(type).u32(count).u32(value);
  }
  TiffBytes& pad(size_t count) {
    text_.append(count, '\x07');
    return *this;
  }

  TiffStructure open(const test::TemporaryFolder& folder) const {
    std::ofstream(folder / "made.tif", std::ios::binary)
        .write(text_.data(), static_cast<std::streamsize>(text_.size()));
    return *TiffStructure::open(*FileBytes::open(folder / "made.tif"));
  }

 private:
  std::string text_;
};

TEST(TiffDirectory, ReadsADirectoryWithDefaults) {
  const test::TemporaryFolder folder;
  const auto tiff = TiffBytes().u32(8).u16(3).entry(256, 20).entry(257, 10).entry(258, 8, 3).u32(0).open(folder);
  const auto chain = tiff.mainChain();
  ASSERT_TRUE(chain) << chain.error().message();
  ASSERT_EQ(chain->size(), 1u);
  EXPECT_EQ(chain->front().width, 20);
  EXPECT_EQ(chain->front().height, 10);
  EXPECT_EQ(chain->front().bits, 8);
  EXPECT_EQ(chain->front().samples, 1);
  EXPECT_EQ(chain->front().rowsPerStrip, 10);
}

TEST(TiffDirectory, ALoopEndsTheChain) {
  const test::TemporaryFolder folder;
  const auto tiff = TiffBytes().u32(8).u16(2).entry(256, 20).entry(257, 10).u32(8).open(folder);
  const auto chain = tiff.mainChain();
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->size(), 1u);
}

TEST(TiffDirectory, AbsurdNumbersAreRefused) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(TiffBytes().u32(8).u16(2).entry(256, 0).entry(257, 10).u32(0).open(folder).mainChain()) << "no width";
  EXPECT_FALSE(TiffBytes().u32(8).u16(2).entry(256, 0xFFFFFFFF).entry(257, 10).u32(0).open(folder).mainChain())
      << "huge width";
  EXPECT_FALSE(TiffBytes().u32(8).u16(60000).entry(256, 1).u32(0).open(folder).mainChain())
      << "more entries than bytes";
  EXPECT_FALSE(
      TiffBytes().u32(8).u16(3).entry(256, 9).entry(257, 9).entry(277, 65535, 3).u32(0).open(folder).mainChain())
      << "samples";
  EXPECT_FALSE(TiffBytes().u32(8).u16(3).entry(256, 9).entry(257, 9).entry(322, 16).u32(0).open(folder).mainChain())
      << "tile without length";
}

TEST(TiffDirectory, ValuesOutsideTheFileCountAsAbsent) {
  const test::TemporaryFolder folder;
  const auto tiff = TiffBytes()
                        .u32(8)
                        .u16(4)
                        .entry(256, 9)
                        .entry(257, 9)
                        .entry(273, 0x7FFFFFFF, 4, 100)
                        .entry(270, 5000, 2, 4000000)
                        .u32(0)
                        .open(folder);
  const auto chain = tiff.mainChain();
  ASSERT_TRUE(chain);
  EXPECT_FALSE(chain->front().chunkOffsets.exists());
  EXPECT_FALSE(chain->front().description.exists());
}

TEST(TiffDirectory, AHeaderThatClaimsGigabytesIsRefusedWhenOpened) {
  const test::TemporaryFolder folder;
  TiffBytes()
      .u32(8)
      .u16(8)
      .entry(256, 100000)
      .entry(257, 100000)
      .entry(258, 8, 3)
      .entry(259, 8, 3)
      .entry(262, 1, 3)
      .entry(273, 8)
      .entry(278, 100000)
      .entry(279, 40)
      .u32(0)
      .open(folder);
  const auto image = openImage(folder / "made.tif");
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message().find("more pixels than it can hold"), std::string::npos) << image.error().message();
}

}  // namespace

}  // namespace cyto::io
