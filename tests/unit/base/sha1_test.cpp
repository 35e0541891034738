#include "core/base/sha1.h"

#include <gtest/gtest.h>

#include <string_view>

namespace cyto {
namespace {

std::string sha1(std::string_view text) {
  Sha1 hash;
  hash.add(std::as_bytes(std::span(text.data(), text.size())));
  return hash.finish();
}

// Vectors of FIPS 180-4 and RFC 3174.
TEST(Sha1Test, PublishedVectors) {
  EXPECT_EQ(sha1(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(sha1(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha1Test, PiecesOfAnySizeGiveTheSame) {
  const std::string text(1000, 'x');
  const std::string whole = sha1(text);
  for (const size_t piece : {1u, 3u, 55u, 56u, 63u, 64u, 65u, 127u, 999u}) {
    Sha1 hash;
    for (size_t at = 0; at < text.size(); at += piece) {
      const std::string part = text.substr(at, piece);
      hash.add(std::as_bytes(std::span(part.data(), part.size())));
    }
    EXPECT_EQ(hash.finish(), whole) << piece;
  }
}

TEST(Sha1Test, PaddingOfEveryLength) {
  // Lengths around the block border differ in how the length field is placed.
  EXPECT_EQ(sha1(std::string(55, 'a')), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  EXPECT_EQ(sha1(std::string(56, 'a')), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  EXPECT_EQ(sha1(std::string(64, 'a')), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
}

}  // namespace
}  // namespace cyto
