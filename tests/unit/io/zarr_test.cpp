// Chunk codecs and array metadata, above all what must be refused.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/io/image_source.h"
#include "core/io/zarr/array_layout.h"
#include "tests/support/temporary_folder.h"

namespace cyto::io {

namespace {

using nlohmann::json;

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(ChunkCodecs, Crc32cOfTheStandard) { EXPECT_EQ(crc32c(bytes("123456789")), 0xE3069283u); }

TEST(ChunkCodecs, ChecksumIsTakenOffAndChecked) {
  std::string stored = "123456789";
  stored += std::string("\x83\x92\x06\xE3", 4);
  const auto content = decodeChunk(ChunkCodec::kCrc32c, bytes(stored), 100, 1);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->size(), 9u);
  stored[0] = '2';
  EXPECT_FALSE(decodeChunk(ChunkCodec::kCrc32c, bytes(stored), 100, 1));
}

TEST(ChunkCodecs, GarbageIsRefusedByAll) {
  std::string garbage(300, 'x');
  for (const char* name : {"blosc", "zstd", "gzip", "lz4", "bz2"}) {
    const auto codec = chunkCodecNamed(name);
    ASSERT_TRUE(codec) << name;
    EXPECT_FALSE(decodeChunk(*codec, bytes(garbage), 1 << 20, 2)) << name;
    EXPECT_FALSE(decodeChunk(*codec, bytes(std::string()), 1 << 20, 2)) << name;
  }
  EXPECT_FALSE(decodeChunk(ChunkCodec::kLz4Java, bytes(garbage), 1 << 20, 2));
  EXPECT_FALSE(chunkCodecNamed("zfpy"));
}

TEST(ChunkCodecs, ShuffleIsUndone) {
  const auto out = decodeChunk(ChunkCodec::kShuffle, bytes("acebdf"), 6, 2);
  ASSERT_TRUE(out);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(out->data()), 6), "abcdef");
}

json goodArray() {
  return {{"zarr_format", 2}, {"shape", {4, 6}},       {"chunks", {2, 3}}, {"dtype", "<u2"},
          {"fill_value", 7},  {"compressor", nullptr}, {"order", "C"},     {"filters", nullptr}};
}

TEST(ArrayLayout, RefusesDamagedMetadata) {
  EXPECT_TRUE(parseZarr2Array("a", goodArray()));
  const std::vector<std::pair<const char*, json>> kChanges = {{"shape", {4, -6}},
                                                              {"shape", "x"},
                                                              {"shape", {4.5, 2}},
                                                              {"chunks", {2}},
                                                              {"chunks", {0, 3}},
                                                              {"dtype", "<U4"},
                                                              {"dtype", json::array()},
                                                              {"chunks", {1 << 30, 1 << 30}},
                                                              {"compressor", {{"id", "zfpy"}}}};
  for (const auto& [key, value] : kChanges) {
    json damaged = goodArray();
    damaged[key] = value;
    const auto layout = parseZarr2Array("a", damaged);
    EXPECT_FALSE(layout) << key << " " << value;
  }
}

TEST(ArrayLayout, Version3ChecksItsCodecs) {
  json array = {{"zarr_format", 3},
                {"node_type", "array"},
                {"shape", {4, 6}},
                {"data_type", "uint16"},
                {"chunk_grid", {{"name", "regular"}, {"configuration", {{"chunk_shape", {2, 3}}}}}},
                {"chunk_key_encoding", {{"name", "default"}}},
                {"fill_value", 0},
                {"codecs", {{{"name", "bytes"}, {"configuration", {{"endian", "big"}}}}}}};
  const auto layout = parseZarr3Array("a", array);
  ASSERT_TRUE(layout) << layout.error().message();
  EXPECT_TRUE(layout->encoding.isBigEndian);
  EXPECT_EQ(layout->separator, "/");
  json noBytes = array;
  noBytes["codecs"] = {{{"name", "vlen-utf8"}}};
  EXPECT_FALSE(parseZarr3Array("a", noBytes));
  json badOrder = array;
  badOrder["codecs"] = {{{"name", "transpose"}, {"configuration", {{"order", {0, 0}}}}}, {{"name", "bytes"}}};
  EXPECT_FALSE(parseZarr3Array("a", badOrder));
  json irregular = array;
  irregular["chunk_grid"]["name"] = "rectangular";
  EXPECT_FALSE(parseZarr3Array("a", irregular));
}

TEST(Zarr, MissingChunksHoldTheFillValueAndShortOnesAreDamage) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / ".zarray") << goodArray();
  std::ofstream(folder / "0.1", std::ios::binary) << std::string("\1\0\2\0\3\0\4\0\5\0\6\0", 12);
  const auto image = openImage(folder.path());
  ASSERT_TRUE(image) << image.error().message();
  const auto pixels = (*image)->read(Box::whole((*image)->info().shape));
  ASSERT_TRUE(pixels) << pixels.error().message();
  const auto values = pixels->as<uint16_t>();
  EXPECT_EQ(values[0], 7);
  EXPECT_EQ(values[3], 1);
  EXPECT_EQ(values[11], 6);
  EXPECT_EQ(values[23], 7);
  std::ofstream(folder / "1.0", std::ios::binary) << "abc";
  EXPECT_FALSE((*image)->read(Box::whole((*image)->info().shape)));
}

TEST(Zarr, AFolderThatHasGoneIsNotFullOfFillValues) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "image.zarr");
  std::ofstream(folder / "image.zarr" / ".zarray") << goodArray();
  const auto image = openImage(folder / "image.zarr");
  ASSERT_TRUE(image) << image.error().message();
  std::filesystem::remove_all(folder / "image.zarr");
  const auto pixels = (*image)->read(Box::whole((*image)->info().shape));
  ASSERT_FALSE(pixels);
  EXPECT_NE(pixels.error().message().find("not there any more"), std::string::npos) << pixels.error().message();
}

TEST(Zarr, DeeplyNestedJsonIsRefused) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / ".zattrs") << "{\"a\":" << std::string(100000, '[');
  const auto image = openImage(folder.path());
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message().find("damaged"), std::string::npos);
}

TEST(Zarr, N5BlocksHaveHeaders) {
  const test::TemporaryFolder folder;
  // 3 columns and 2 rows in blocks of 2 x 2: the second block is one column wide.
  std::ofstream(folder / "attributes.json")
      << R"({"dimensions":[3,2],"blockSize":[2,2],"dataType":"uint16","compression":{"type":"raw"}})";
  std::filesystem::create_directories(folder / "0");
  std::filesystem::create_directories(folder / "1");
  const auto header = [](int width) {
    return std::string("\0\0\0\2\0\0\0", 7) + static_cast<char>(width) + std::string("\0\0\0\2", 4);
  };
  std::ofstream(folder / "0/0", std::ios::binary) << header(2) << std::string("\0\1\0\2\0\3\0\4", 8);
  std::ofstream(folder / "1/0", std::ios::binary) << header(1) << std::string("\0\5\0\6", 4);
  const auto image = openImage(folder.path());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ((*image)->info().shape, (Shape{1, 1, 2, 3}));
  const auto pixels = (*image)->read(Box::whole((*image)->info().shape));
  ASSERT_TRUE(pixels) << pixels.error().message();
  const auto values = pixels->as<uint16_t>();
  EXPECT_EQ((std::vector<uint16_t>(values.begin(), values.end())), (std::vector<uint16_t>{1, 2, 5, 3, 4, 6}));
  std::ofstream(folder / "1/0", std::ios::binary) << header(9) << std::string("\0\5\0\6", 4);
  EXPECT_FALSE((*image)->read(Box::whole((*image)->info().shape)));
}

}  // namespace

}  // namespace cyto::io
