#include "core/embedding/image_fingerprint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/base/sha1.h"
#include "tests/unit/embedding/memory_image.h"

namespace cyto {
namespace {

using test::MemoryImage;

// Expected values: hashlib.sha1(numpy_array.tobytes()).hexdigest() of the arrays the comments name.

TEST(ImageFingerprintTest, GreyPlaneIsItsBytes) {
  MemoryImage image({1, 1, 3, 5}, 1, 1, Dtype::kUint16);
  for (size_t i = 0; i < 15; ++i) image.pixels().as<uint16_t>()[i] = static_cast<uint16_t>(1000 * i);
  // (numpy.arange(15) * 1000).astype("uint16").reshape(3, 5)
  EXPECT_EQ(fingerprintOf(image, {})->dataSignature, "b5e555601b50e4c5d261e14224cad5c7dec3729f");
}

TEST(ImageFingerprintTest, ColoursAreInterleaved) {
  MemoryImage image({1, 1, 4, 5}, 3);
  for (size_t i = 0; i < 60; ++i) image.pixels().as<uint8_t>()[i] = static_cast<uint8_t>(i);
  // numpy.arange(60, dtype="uint8").reshape(3, 4, 5).transpose(1, 2, 0)
  EXPECT_EQ(fingerprintOf(image, {})->dataSignature, "d85e4bd64988cdc9dd0662b25a4feffbcc44e70e");
}

TEST(ImageFingerprintTest, VolumesAreOneStream) {
  MemoryImage image({1, 3, 4, 5}, 1, 1, Dtype::kFloat32);
  for (size_t i = 0; i < 60; ++i) image.pixels().as<float>()[i] = static_cast<float>(i) / 4;
  // (numpy.arange(60) / 4).astype("float32")
  EXPECT_EQ(fingerprintOf(image, {})->dataSignature, "74156fa9b70795d2be7c6934acab52f745db9c0a");
}

TEST(ImageFingerprintTest, HalvesAreHashedAsInTheFile) {
  MemoryImage image({1, 1, 1, 8}, 1, 1, Dtype::kFloat32);
  image.info().fileDtype = "float16";
  const float values[] = {
      0.0f,     -1.5f,    65504.0f, 6.103515625e-05f, 5.9604644775390625e-08f, 1023 * 5.9604644775390625e-08f,
      INFINITY, -INFINITY};
  for (size_t i = 0; i < 8; ++i) image.pixels().as<float>()[i] = values[i];
  // numpy.array([0, -1.5, 65504, 2**-14, 2**-24, 1023 * 2**-24, inf, -inf], "float16")
  EXPECT_EQ(fingerprintOf(image, {})->dataSignature, "2f9f9e7698594e5a900f6d7faa10853e11513217");
}

TEST(ImageFingerprintTest, LargeImagesAreReadInBands) {
  MemoryImage image({1, 1, 5000, 9000});
  int reads = 0;
  int64_t rows = 0;
  image.onRead = [&](const Box& box) {
    ++reads;
    EXPECT_EQ(box.begin.y, rows);
    rows = box.end.y;
    return Status{};
  };
  const auto fingerprint = fingerprintOf(image, {});
  ASSERT_TRUE(fingerprint);
  EXPECT_GT(reads, 1);
  EXPECT_EQ(rows, 5000);
  Sha1 whole;
  whole.add({image.pixels().data(), static_cast<size_t>(image.pixels().size_bytes())});
  EXPECT_EQ(fingerprint->dataSignature, whole.finish());
}

TEST(ImageFingerprintTest, ContentHashAlsoKnowsTheShape) {
  MemoryImage wide({1, 1, 2, 8});
  MemoryImage high({1, 1, 8, 2});
  EXPECT_EQ(fingerprintOf(wide, {})->dataSignature, fingerprintOf(high, {})->dataSignature);
  EXPECT_NE(fingerprintOf(wide, {})->contentHash, fingerprintOf(high, {})->contentHash);
}

TEST(ImageFingerprintTest, CancelStops) {
  CancelSource cancel;
  cancel.cancel();
  EXPECT_EQ(fingerprintOf(MemoryImage({1, 1, 8, 8}), {cancel.token(), {}}).error().code(), ErrorCode::kCancelled);
}

TEST(EmbeddingKeyTest, EverythingThatDecidesTheNumbersIsInIt) {
  const ModelIdentity model{"m", "vit_b", "xxh128:1", "p1", Precision::kFp32, "cpu", 2};
  std::set<std::string> keys{embeddingKey("c", model, 0, {0, 0, 8, 8})};
  keys.insert(embeddingKey("d", model, 0, {0, 0, 8, 8}));
  keys.insert(embeddingKey("c", model, 1, {0, 0, 8, 8}));
  keys.insert(embeddingKey("c", model, 0, {0, 0, 8, 9}));
  ModelIdentity other = model;
  other.weightsHash = "xxh128:2";
  keys.insert(embeddingKey("c", other, 0, {0, 0, 8, 8}));
  other = model;
  other.precision = Precision::kBf16;
  keys.insert(embeddingKey("c", other, 0, {0, 0, 8, 8}));
  other = model;
  other.preprocessing = "p2";
  keys.insert(embeddingKey("c", other, 0, {0, 0, 8, 8}));
  EXPECT_EQ(keys.size(), 7u);
  other = model;
  other.device = "cuda";
  other.threads = 8;
  EXPECT_EQ(embeddingKey("c", other, 0, {0, 0, 8, 8}), embeddingKey("c", model, 0, {0, 0, 8, 8}));
}

}  // namespace
}  // namespace cyto
