#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/embedding/store_tree.h"

// Stores that micro_sam wrote with zarr 2 (v2) and zarr 3 (v3); tests/golden/embedding_stores says how.

namespace cyto {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::MemoryImage;
using testing::HasSubstr;

constexpr Shape kPlane{1, 1, 60, 90};
constexpr Shape kVolume{1, 2, 60, 90};
constexpr TileLayout kTiles{{40, 48}, {8, 4}};

/// The images of make_embedding_stores.py.
template <typename T>
void paint(MemoryImage& image, uint32_t factor) {
  const Shape shape = image.info().shape;
  for (int64_t c = 0; c < image.info().channels; ++c) {
    for (int64_t z = 0; z < shape.z; ++z) {
      const std::span<T> plane = image.pixels().plane<T>(c, 0, z);
      for (int64_t y = 0; y < shape.y; ++y) {
        for (int64_t x = 0; x < shape.x; ++x) {
          const int64_t value = (z * 31 + y * 7 + x * 3 + c * 50) % 251 + (y * 4 < shape.y ? 4 : 0);
          plane[static_cast<size_t>(y * shape.x + x)] = static_cast<T>(static_cast<uint32_t>(value) * factor);
        }
      }
    }
  }
}

struct GoldenCase {
  std::string version;
  std::string name;
};

class GoldenStore : public testing::TestWithParam<GoldenCase> {
 protected:
  GoldenStore() {
    const std::string& name = GetParam().name;
    const bool isVolume = name.find("volume") != std::string::npos;
    image_ = std::make_unique<MemoryImage>(isVolume ? kVolume : kPlane, name == "colours" ? 3 : 1, 1,
                                           isVolume ? Dtype::kUint16 : Dtype::kUint8);
    if (isVolume) {
      paint<uint16_t>(*image_, 257);
    } else {
      paint<uint8_t>(*image_, 1);
    }
    if (name.find("tiles") != std::string::npos) request_.tiles = kTiles;
    mask_ = std::make_unique<MemoryImage>(image_->info().shape);
    const auto pixels = mask_->pixels().as<uint8_t>();
    std::fill(pixels.begin(), pixels.end(), uint8_t{0});
    if (isVolume) {
      mask_->pixels().plane<uint8_t>(0, 0, 1)[50 * 90 + 2] = 3;
    } else {
      mask_->pixels().plane<uint8_t>(0, 0, 0)[2 * 90 + 80] = 1;
    }
    if (name.starts_with("masked")) request_.mask = mask_.get();
    folder_ = test::inRepository("tests/golden/embedding_stores") / GetParam().version;
    description_.layout = *planLayout(image_->info(), request_, {});
    description_.identity.dataSignature = fingerprintOf(*image_, {})->dataSignature;
    description_.identity.modelType = "vit_b";
    description_.identity.modelHash = "xxh128:0123456789abcdef0123456789abcdef";
    description_.identity.precision = "fp32";
    description_.identity.preprocessing = "any";
  }

  std::unique_ptr<MemoryImage> image_;
  std::unique_ptr<MemoryImage> mask_;
  LayoutRequest request_;
  StoreDescription description_;
  fs::path folder_;
};

TEST_P(GoldenStore, IsReadAsTheReferenceReadsIt) {
  const auto opened = EmbeddingStore::openToRead(folder_ / (GetParam().name + ".zarr"));
  ASSERT_TRUE(opened) << opened.error().message();
  const EmbeddingStore& store = **opened;
  EXPECT_EQ(store.zarrFormat(), GetParam().version == "v2" ? 2 : 3);
  EXPECT_TRUE(store.isComplete());
  EXPECT_EQ(store.description().layout, description_.layout);
  EXPECT_EQ(store.description().identity.modelName, "vit_b_lm");
  EXPECT_THAT(store.description().identity.writer, HasSubstr("micro_sam 1.8"));
  const Status matches = checkMatch("golden", store.description(), description_, MismatchPolicy::kRefuse);
  EXPECT_TRUE(matches) << matches.error().message();

  std::ifstream stream(folder_ / "expected.json");
  const json expected = json::parse(stream).at(GetParam().name);
  ASSERT_EQ(expected.size(), description_.layout.items().size());
  for (const EmbeddingItem item : description_.layout.items()) {
    const json& wanted = expected.at(std::to_string(item.slice) + " " + std::to_string(item.tile));
    const auto found = store.get(item);
    ASSERT_TRUE(found) << found.error().message();
    const Embedding& embedding = **found;
    EXPECT_EQ(embedding.originalSize, (Extent2{wanted["original_size"][0], wanted["original_size"][1]}));
    EXPECT_EQ(embedding.inputSize, (Extent2{wanted["input_size"][0], wanted["input_size"][1]}));
    ASSERT_EQ(embedding.maps.size(), 1u);
    const FeatureMap& map = embedding.maps[0];
    EXPECT_EQ((std::vector<int64_t>{map.channels, map.rows, map.columns}), (std::vector<int64_t>{256, 64, 64}));
    for (const json& probe : wanted["probes"]) {
      const size_t at = (probe[0].get<size_t>() * 64 + probe[1].get<size_t>()) * 64 + probe[2].get<size_t>();
      EXPECT_EQ(map.values[at], probe[3].get<float>());
    }
    EXPECT_NEAR(std::accumulate(map.values.begin(), map.values.end(), 0.0), wanted["sum"].get<double>(), 1e-6);
  }
  EXPECT_TRUE(store.verify());
}

TEST_P(GoldenStore, IsReusedAndNotWritten) {
  const test::TemporaryFolder folder;
  const fs::path copy = folder / "copy.zarr";
  fs::copy(folder_ / (GetParam().name + ".zarr"), copy, fs::copy_options::recursive);
  const auto before = test::treeOf(copy);
  const auto store = EmbeddingStore::openToWrite(copy, description_);
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_TRUE((*store)->missingItems().empty());
  EXPECT_TRUE(test::treeOf(copy) == before);

  StoreDescription other = description_;
  other.identity.dataSignature = std::string(40, '0');
  EXPECT_THAT(EmbeddingStore::openToWrite(copy, other).error().message(), HasSubstr("data_signature"));
}

std::vector<GoldenCase> goldenCases() {
  std::vector<GoldenCase> cases;
  for (const char* version : {"v2", "v3"}) {
    for (const char* name :
         {"plane", "colours", "volume", "tiles", "volume_of_tiles", "masked_tiles", "masked_volume_of_tiles"}) {
      cases.push_back({version, name});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenStore, testing::ValuesIn(goldenCases()),
                         [](const auto& instance) { return instance.param.version + "_" + instance.param.name; });

TEST(GoldenStoreDamage, V3DescriptionsAreChecked) {
  const test::TemporaryFolder folder;
  const fs::path copy = folder / "copy.zarr";
  fs::copy(test::inRepository("tests/golden/embedding_stores/v3/plane.zarr"), copy, fs::copy_options::recursive);
  const fs::path file = copy / "features" / "zarr.json";
  const json good = json::parse(test::contentOf(file));
  const auto errorWith = [&](const json& changed) {
    test::overwrite(file, changed.dump());
    const auto store = EmbeddingStore::openToRead(copy);
    const auto item = store ? (*store)->get({0, 0}) : Result<EmbeddingPtr>(store.error());
    return item ? std::string() : item.error().message();
  };
  EXPECT_EQ(errorWith(good), "");
  json changed = good;
  changed["codecs"][0]["configuration"]["endian"] = "big";
  EXPECT_THAT(errorWith(changed), HasSubstr("big-endian"));
  changed = good;
  changed["codecs"].push_back({{"name", "sharding_indexed"}});
  EXPECT_THAT(errorWith(changed), HasSubstr("compressed twice"));
  changed = good;
  changed["codecs"][1]["name"] = "transpose";
  EXPECT_THAT(errorWith(changed), HasSubstr("'transpose' is not known"));
  changed = good;
  changed["data_type"] = "float64";
  EXPECT_THAT(errorWith(changed), HasSubstr("float64"));
  changed = good;
  changed["shape"] = {1, 1 << 20, 1 << 20, 1 << 20};
  EXPECT_THAT(errorWith(changed), HasSubstr("its shape is"));
  changed = good;
  changed["chunk_grid"]["configuration"]["chunk_shape"] = {1, 256, 32, 64};
  EXPECT_THAT(errorWith(changed), HasSubstr("not one per image"));
  changed = good;
  changed.erase("codecs");
  EXPECT_THAT(errorWith(changed), HasSubstr("lacks"));
}

TEST(GoldenStoreDamage, V3WithBloscAndOtherChunkNamesIsRead) {
  const test::TemporaryFolder folder;
  const fs::path copy = folder / "copy.zarr";
  fs::copy(test::inRepository("tests/golden/embedding_stores/v3/plane.zarr"), copy, fs::copy_options::recursive);
  // The compressed bytes of the v2 store under the description of version 3.
  json description = json::parse(test::contentOf(copy / "features" / "zarr.json"));
  description["codecs"][1] = {{"name", "blosc"}, {"configuration", {{"cname", "lz4"}, {"typesize", 4}}}};
  description["chunk_key_encoding"] = {{"name", "v2"}, {"configuration", {{"separator", "."}}}};
  test::overwrite(copy / "features" / "zarr.json", description.dump());
  fs::remove_all(copy / "features" / "c");
  const fs::path v2 = test::inRepository("tests/golden/embedding_stores/v2/plane.zarr");
  fs::copy(v2 / "features" / "0.0.0.0", copy / "features" / "0.0.0.0");
  const auto blosc = (*EmbeddingStore::openToRead(copy))->get({0, 0});
  ASSERT_TRUE(blosc) << blosc.error().message();
  EXPECT_TRUE((*blosc)->maps[0].values == (*(*EmbeddingStore::openToRead(v2))->get({0, 0}))->maps[0].values);
}

}  // namespace
}  // namespace cyto
