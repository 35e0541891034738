#include "core/embedding/embedding_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/inference/fake_model.h"
#include "core/inference/preprocessing.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/embedding/store_tree.h"

namespace cyto {
namespace {

using test::contentOf;
using test::describe;
using test::MemoryImage;
using test::overwrite;
using test::precomputeStore;
using test::TemporaryFolder;
using test::treeOf;

constexpr TileLayout kTiles{{24, 32}, {8, 4}};

/// What the store must give for an item: the model's own answer.
Embedding expected(const MemoryImage& image, FakeModel& model, const StoreLayout& layout, EmbeddingItem item) {
  const PlaneBox tile = layout.tiling().tile(item.tile);
  const int64_t z = image.info().shape.z;
  const auto pixels = image.read(
      {{item.slice / z, item.slice % z, tile.y0, tile.x0}, {item.slice / z + 1, item.slice % z + 1, tile.y1, tile.x1}},
      0, {});
  return *model.encoder().encode(*stretchToRgb(*pixels), {});
}

void expectEqual(const Embedding& found, const Embedding& wanted) {
  EXPECT_EQ(found.originalSize, wanted.originalSize);
  EXPECT_EQ(found.inputSize, wanted.inputSize);
  ASSERT_EQ(found.maps.size(), wanted.maps.size());
  for (size_t i = 0; i < found.maps.size(); ++i) {
    EXPECT_EQ(found.maps[i].name, wanted.maps[i].name);
    EXPECT_EQ(found.maps[i].channels, wanted.maps[i].channels);
    EXPECT_EQ(found.maps[i].rows, wanted.maps[i].rows);
    EXPECT_TRUE(found.maps[i].values == wanted.maps[i].values);
  }
}

struct Kind {
  std::string name;
  Shape shape;
  int64_t channels;
  bool isTiled;
  bool hasMask;
  bool hasExtraMap;
};

class EmbeddingStoreKinds : public testing::TestWithParam<Kind> {
 protected:
  EmbeddingStoreKinds()
      : kind_(GetParam()),
        image_(kind_.shape, kind_.channels),
        mask_(kind_.shape),
        model_({.hasExtraMap = kind_.hasExtraMap}) {
    if (kind_.isTiled) request_.tiles = kTiles;
    if (kind_.hasMask) {
      // Foreground in the first pixel of the last slice only: tile 0 there, nothing elsewhere.
      std::fill(mask_.pixels().as<uint8_t>().begin(), mask_.pixels().as<uint8_t>().end(), uint8_t{0});
      mask_.pixels().plane<uint8_t>(0, kind_.shape.t - 1, kind_.shape.z - 1)[0] = 7;
      request_.mask = &mask_;
    }
  }

  Kind kind_;
  MemoryImage image_;
  MemoryImage mask_;
  FakeModel model_;
  LayoutRequest request_;
  TemporaryFolder folder_;
};

TEST_P(EmbeddingStoreKinds, GivesBackWhatTheModelMade) {
  const auto report = precomputeStore(folder_ / "a.zarr", image_, model_, request_);
  ASSERT_TRUE(report) << report.error().message();
  const StoreLayout layout = *planLayout(image_.info(), request_, {});
  EXPECT_EQ(report->encoded, static_cast<int64_t>(layout.items().size()));
  const auto store = EmbeddingStore::openToRead(folder_ / "a.zarr");
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_TRUE((*store)->isComplete());
  EXPECT_EQ((*store)->description().layout, layout);
  EXPECT_EQ((*store)->description().identity, describe(image_, model_, request_).identity);
  for (const EmbeddingItem item : layout.items()) {
    const auto embedding = (*store)->get(item);
    ASSERT_TRUE(embedding) << embedding.error().message();
    expectEqual(**embedding, expected(image_, model_, layout, item));
  }
  EXPECT_TRUE((*store)->verify());
}

TEST_P(EmbeddingStoreKinds, ResumesAfterEveryItemWithTheSameFiles) {
  ASSERT_TRUE(precomputeStore(folder_ / "whole.zarr", image_, model_, request_));
  const auto whole = treeOf(folder_ / "whole.zarr");
  const int64_t items = static_cast<int64_t>(planLayout(image_.info(), request_, {})->items().size());
  for (int64_t stopAt = 1; stopAt <= items; ++stopAt) {
    const auto path = folder_ / ("stopped" + std::to_string(stopAt) + ".zarr");
    FakeModel failing({.hasExtraMap = kind_.hasExtraMap, .failOnEncode = stopAt});
    const auto stopped = precomputeStore(path, image_, failing, request_);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code(), ErrorCode::kModel);
    EXPECT_FALSE((*EmbeddingStore::openToRead(path))->isComplete());
    FakeModel again({.hasExtraMap = kind_.hasExtraMap});
    const auto resumed = precomputeStore(path, image_, again, request_);
    ASSERT_TRUE(resumed) << resumed.error().message();
    EXPECT_EQ(resumed->encoded, items - (stopAt - 1));
    EXPECT_EQ(again.encodeCount(), items - (stopAt - 1));
    EXPECT_TRUE(treeOf(path) == whole);
  }
}

TEST_P(EmbeddingStoreKinds, ACompleteStoreIsNotTouched) {
  ASSERT_TRUE(precomputeStore(folder_ / "a.zarr", image_, model_, request_));
  const auto before = treeOf(folder_ / "a.zarr");
  FakeModel other({.hasExtraMap = kind_.hasExtraMap});
  const auto report = precomputeStore(folder_ / "a.zarr", image_, other, request_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->encoded, 0);
  EXPECT_EQ(other.encodeCount(), 0);
  EXPECT_TRUE(treeOf(folder_ / "a.zarr") == before);
}

INSTANTIATE_TEST_SUITE_P(All, EmbeddingStoreKinds,
                         testing::Values(Kind{"plane", {1, 1, 50, 70}, 1, false, false, false},
                                         Kind{"colours", {1, 1, 50, 70}, 3, false, false, false},
                                         Kind{"volume", {1, 3, 50, 70}, 1, false, false, false},
                                         Kind{"series", {3, 1, 50, 70}, 1, false, false, false},
                                         Kind{"seriesOfVolumes", {2, 2, 50, 70}, 1, false, false, false},
                                         Kind{"tiles", {1, 1, 50, 70}, 1, true, false, false},
                                         Kind{"volumeOfTiles", {1, 2, 50, 40}, 1, true, false, false},
                                         Kind{"maskedTiles", {1, 1, 50, 70}, 1, true, true, false},
                                         Kind{"maskedVolumeOfTiles", {1, 3, 50, 70}, 1, true, true, false},
                                         Kind{"extraMap", {1, 1, 50, 70}, 1, false, false, true},
                                         Kind{"extraMapOfVolume", {1, 2, 50, 70}, 1, false, false, true},
                                         Kind{"extraMapOfTiles", {1, 1, 50, 70}, 1, true, false, true}),
                         [](const auto& instance) { return instance.param.name; });

class EmbeddingStoreTest : public testing::Test {
 protected:
  /// The sentence of opening `path` for reading.
  std::string readError() {
    const auto store = EmbeddingStore::openToRead(path_);
    return store ? "" : store.error().message();
  }
  std::string writeError(const io::ImageSource& image, Model& model, const LayoutRequest& layout = {},
                         MismatchPolicy policy = MismatchPolicy::kRefuse) {
    StoreOptions options;
    options.mismatch = policy;
    const auto report = precomputeStore(path_, image, model, layout, options);
    return report ? "" : report.error().message();
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "räume 細胞.zarr";
  MemoryImage image_{{1, 3, 20, 30}};
  FakeModel model_;
};

using testing::HasSubstr;

TEST_F(EmbeddingStoreTest, LooksLikeMicroSamsStores) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  for (const char* name : {".zgroup", ".zattrs", "features/.zarray", "features/0.0.0.0.0", "features/2.0.0.0.0"}) {
    EXPECT_TRUE(std::filesystem::exists(path_ / name)) << name;
  }
  const std::string attributes = contentOf(path_ / ".zattrs");
  for (const char* key : {"data_signature", "tile_shape", "halo", "model_type", "model_name", "micro_sam_version",
                          "model_hash", "input_size", "original_size", "precision", "preprocessing"}) {
    EXPECT_THAT(attributes, HasSubstr("\"" + std::string(key) + "\":"));
  }
}

TEST_F(EmbeddingStoreTest, AnotherImageIsRefused) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  const MemoryImage other({1, 3, 20, 30}, 1, 99);
  const std::string error = writeError(other, model_);
  EXPECT_THAT(error, HasSubstr(path_.string()));
  EXPECT_THAT(error, HasSubstr("data_signature"));
  EXPECT_THAT(error, HasSubstr(fingerprintOf(image_, {})->dataSignature));
  EXPECT_THAT(error, HasSubstr(fingerprintOf(other, {})->dataSignature));
}

TEST_F(EmbeddingStoreTest, OtherTilesAreRefused) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_, {.tiles = kTiles}));
  EXPECT_THAT(writeError(image_, model_), HasSubstr("tile_shape is [24, 32] but none is needed"));
  EXPECT_THAT(writeError(image_, model_, {.tiles = TileLayout{{24, 30}, {8, 4}}}),
              HasSubstr("tile_shape is [24, 32] but [24, 30] is needed"));
  EXPECT_THAT(writeError(image_, model_, {.tiles = TileLayout{{24, 32}, {8, 8}}}),
              HasSubstr("halo is [8, 4] but [8, 8] is needed"));
}

TEST_F(EmbeddingStoreTest, AnotherMaskIsRefused) {
  MemoryImage mask({1, 1, 20, 30});
  ASSERT_TRUE(precomputeStore(path_, image_, model_, {.tiles = TileLayout{{10, 10}, {0, 0}}}));
  std::fill(mask.pixels().as<uint8_t>().begin() + 1, mask.pixels().as<uint8_t>().end(), uint8_t{0});
  mask.pixels().as<uint8_t>()[0] = 1;
  EXPECT_THAT(writeError(image_, model_, {.tiles = TileLayout{{10, 10}, {0, 0}}, .mask = &mask}),
              HasSubstr("tiles_in_mask is all tiles but 3 of 18 tiles is needed"));
}

TEST_F(EmbeddingStoreTest, AnotherModelIsRefusedUnlessTheUserInsists) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  FakeModel otherArchitecture({.architecture = "vit_other"});
  EXPECT_THAT(writeError(image_, otherArchitecture), HasSubstr("model_type is vit_fake but vit_other is needed"));
  FakeModel otherWeights({.weightsHash = "xxh128:11111111111111111111111111111111"});
  const std::string error = writeError(image_, otherWeights);
  EXPECT_THAT(error, HasSubstr("model_hash is xxh128:00000000000000000000000000000fac but xxh128:1111"));
  EXPECT_THAT(error, HasSubstr("--override-mismatch"));
  EXPECT_EQ(writeError(image_, otherWeights, {}, MismatchPolicy::kAcceptOtherWeights), "");
  EXPECT_NE(writeError(image_, otherArchitecture, {}, MismatchPolicy::kAcceptOtherWeights), "");
}

TEST_F(EmbeddingStoreTest, TwoModelsAreNeverMixedInAnUnfinishedStore) {
  FakeModel failing({.failOnEncode = 2});
  ASSERT_FALSE(precomputeStore(path_, image_, failing));
  FakeModel otherWeights({.weightsHash = "xxh128:11111111111111111111111111111111"});
  EXPECT_THAT(writeError(image_, otherWeights, {}, MismatchPolicy::kAcceptOtherWeights), HasSubstr("model_hash"));
}

TEST_F(EmbeddingStoreTest, PrecisionAndPreprocessingAreCompared) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  StoreDescription wanted = describe(image_, model_);
  wanted.identity.precision = "bf16";
  const auto store = EmbeddingStore::openToWrite(path_, wanted);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("precision is fp32 but bf16 is needed"));
  wanted.identity.precision = "";  // any
  EXPECT_TRUE(EmbeddingStore::openToWrite(path_, wanted));
  wanted.identity.preprocessing = "other";
  EXPECT_THAT(EmbeddingStore::openToWrite(path_, wanted).error().message(), HasSubstr("preprocessing"));
}

TEST_F(EmbeddingStoreTest, AnotherProgramsUnfinishedStoreIsRefused) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  std::filesystem::remove(path_ / ".zattrs");
  std::filesystem::remove_all(path_ / ".cytoclick");
  EXPECT_THAT(readError(), HasSubstr("is unfinished and was not begun by this program"));
  EXPECT_THAT(writeError(image_, model_), HasSubstr("is unfinished and was not begun by this program"));
}

TEST_F(EmbeddingStoreTest, WhatIsNoStoreIsLeftAlone) {
  EXPECT_THAT(readError(), HasSubstr("there is no embedding store"));
  std::filesystem::create_directory(path_);
  overwrite(path_ / "notes.txt", "mine");
  EXPECT_THAT(readError(), HasSubstr("is no embedding store"));
  EXPECT_THAT(writeError(image_, model_), HasSubstr("exists and is no embedding store; choose another name"));
  EXPECT_EQ(treeOf(path_).size(), 1u);
  path_ = path_ / "notes.txt";
  EXPECT_THAT(writeError(image_, model_), HasSubstr("is a file"));
  EXPECT_EQ(contentOf(path_), "mine");
}

struct DamagedFile {
  bool isTiled;
  std::string name;
};

class DamagedJson : public EmbeddingStoreTest, public testing::WithParamInterface<DamagedFile> {};

TEST_P(DamagedJson, IsOneSentence) {
  const auto& [isTiled, name] = GetParam();
  LayoutRequest request;
  if (isTiled) request.tiles = kTiles;
  ASSERT_TRUE(precomputeStore(path_, image_, model_, request));
  const std::string content = contentOf(path_ / name);
  std::vector<std::string> damages = {content.substr(0, content.size() / 2), "[1, 2]", "\xff\xfe{{{", "", "null"};
  if (name != ".zattrs") damages.emplace_back("{}");  // without root attributes a store is only unfinished
  for (const std::string& damage : damages) {
    overwrite(path_ / name, damage);
    const auto store = EmbeddingStore::openToRead(path_);
    const auto item = store ? (*store)->get({0, 0}) : Result<EmbeddingPtr>(store.error());
    ASSERT_FALSE(item) << damage;
    EXPECT_EQ(item.error().code(), ErrorCode::kFormat);
    EXPECT_THAT(item.error().message(), HasSubstr("damaged")) << damage;
    EXPECT_THAT(item.error().message(), HasSubstr(path_.string()));
    EXPECT_THAT(item.error().message(), testing::Not(HasSubstr("\n")));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedJson,
                         testing::Values(DamagedFile{false, ".zattrs"}, DamagedFile{false, "features/.zarray"},
                                         DamagedFile{true, ".zattrs"}, DamagedFile{true, "features/.zattrs"},
                                         DamagedFile{true, "features/0/.zarray"},
                                         DamagedFile{true, "features/0/.zattrs"}));

TEST_F(EmbeddingStoreTest, ADamagedPlanIsOneSentence) {
  FakeModel failing({.failOnEncode = 2});
  ASSERT_FALSE(precomputeStore(path_, image_, failing));
  for (const char* damage : {"", "{", "{}", "{\"version\": 1, \"slices\": -3}"}) {
    overwrite(path_ / ".cytoclick" / "plan.json", damage);
    EXPECT_THAT(readError(), HasSubstr("damaged")) << damage;
    EXPECT_THAT(writeError(image_, model_), HasSubstr("damaged")) << damage;
  }
}

TEST_F(EmbeddingStoreTest, DamagedChunksAreFound) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  const auto chunk = path_ / "features" / "1.0.0.0.0";
  const std::string content = contentOf(chunk);
  const std::vector<std::string> damages = {content.substr(0, content.size() - 1),
                                            content.substr(0, 10),
                                            "",
                                            content + "x",
                                            std::string(content.size(), '\0'),
                                            std::string(content.size(), '\xff')};
  for (const std::string& damage : damages) {
    overwrite(chunk, damage);
    const auto store = *EmbeddingStore::openToRead(path_);
    EXPECT_TRUE(store->get({0, 0}));
    const auto embedding = store->get({1, 0});
    ASSERT_FALSE(embedding);
    EXPECT_EQ(embedding.error().code(), ErrorCode::kFormat);
    EXPECT_THAT(embedding.error().message(), HasSubstr(chunk.string()));
    EXPECT_FALSE(store->verify());
  }
  std::filesystem::remove(chunk);
  EXPECT_THAT((*EmbeddingStore::openToRead(path_))->get({1, 0}).error().message(), HasSubstr("slice 1"));
}

TEST_F(EmbeddingStoreTest, RandomDamageNeverCrashes) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  const auto chunk = path_ / "features" / "0.0.0.0.0";
  const std::string content = contentOf(chunk);
  uint32_t state = 20260101;
  for (int round = 0; round < 60; ++round) {
    std::string damage = content;
    for (int flips = 0; flips < 4; ++flips) {
      state = state * 1664525u + 1013904223u;
      // Half of the changes hit the header of the compressed data.
      const size_t at = flips % 2 == 0 ? (state >> 8) % 32 : (state >> 8) % damage.size();
      damage[at] = static_cast<char>(damage[at] ^ static_cast<char>(1u << (state >> 29)));
    }
    overwrite(chunk, damage);
    const auto embedding = (*EmbeddingStore::openToRead(path_))->get({0, 0});
    if (embedding) {
      EXPECT_EQ((*embedding)->maps[0].values.size(), size_t{1} << 20);
    }
  }
}

TEST_F(EmbeddingStoreTest, VerifyFindsAChangedChunkThatStillDecodes) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  overwrite(path_ / "features" / "1.0.0.0.0", contentOf(path_ / "features" / "0.0.0.0.0"));
  const auto store = *EmbeddingStore::openToRead(path_);
  EXPECT_TRUE(store->get({1, 0}));
  const Status verified = store->verify();
  ASSERT_FALSE(verified);
  EXPECT_THAT(verified.error().message(), HasSubstr("slice 1 is not what was written"));
}

TEST_F(EmbeddingStoreTest, LeftoversOfAKillAreCleanedAndRedone) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_));
  const auto whole = treeOf(path_);
  // The state after a kill between the chunk of slice 2 and the end of its line, and in a later write.
  const auto log = path_ / ".cytoclick" / "chunks.log";
  const std::string lines = contentOf(log);
  std::filesystem::remove(path_ / ".zattrs");
  overwrite(log, lines.substr(0, lines.size() - 9));
  overwrite(path_ / "features" / ".2.0.0.0.0.77-1.tmp", "half a chunk");
  overwrite(path_ / ".cytoclick" / ".plan.json.77-2.tmp", "{");
  const auto report = precomputeStore(path_, image_, model_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->encoded, 1);
  EXPECT_TRUE(treeOf(path_) == whole);
}

TEST_F(EmbeddingStoreTest, AKillAtTheVeryBeginningLeavesAPlaceThatIsFree) {
  std::filesystem::create_directories(path_ / ".cytoclick");
  EXPECT_EQ(writeError(image_, model_), "");
}

TEST_F(EmbeddingStoreTest, AChunkThatVanishedIsRedone) {
  FakeModel failing({.failOnEncode = 3});
  ASSERT_FALSE(precomputeStore(path_, image_, failing));
  std::filesystem::remove(path_ / "features" / "0.0.0.0.0");
  const auto report = precomputeStore(path_, image_, model_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->encoded, 2);
}

TEST_F(EmbeddingStoreTest, IsReadWhileItIsWritten) {
  const StoreDescription description = describe(image_, model_);
  const auto writer = *EmbeddingStore::openToWrite(path_, description);
  const auto reader = *EmbeddingStore::openToRead(path_);
  EXPECT_FALSE(reader->has({0, 0}));
  EXPECT_EQ(reader->get({0, 0}).error().code(), ErrorCode::kNotFound);
  for (int64_t slice = 0; slice < 3; ++slice) {
    const Embedding made = expected(image_, model_, description.layout, {slice, 0});
    ASSERT_TRUE(writer->put({slice, 0}, made));
    EXPECT_TRUE(reader->has({slice, 0}));
    expectEqual(**reader->get({slice, 0}), made);
    EXPECT_FALSE(reader->isComplete());
  }
  ASSERT_TRUE(writer->finish());
  EXPECT_TRUE(reader->isComplete());
  EXPECT_TRUE(reader->missingItems().empty());
}

TEST_F(EmbeddingStoreTest, OnlyOneWrites) {
  const StoreDescription description = describe(image_, model_);
  {
    const auto first = *EmbeddingStore::openToWrite(path_, description);
    const auto second = EmbeddingStore::openToWrite(path_, description);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message(), HasSubstr("is being written by another process"));
  }
  EXPECT_TRUE(EmbeddingStore::openToWrite(path_, description));
}

TEST_F(EmbeddingStoreTest, FinishingTooEarlyIsRefused) {
  const auto store = *EmbeddingStore::openToWrite(path_, describe(image_, model_));
  EXPECT_FALSE(store->finish());
  EXPECT_FALSE(std::filesystem::exists(path_ / ".zattrs"));
}

TEST_F(EmbeddingStoreTest, ManyThreadsRead) {
  ASSERT_TRUE(precomputeStore(path_, image_, model_, {.tiles = kTiles}));
  StoreOptions small;
  small.cacheBytes = int64_t{9} << 20;  // two embeddings
  const auto store = *EmbeddingStore::openToRead(path_, small);
  const std::vector<EmbeddingItem> items = store->description().layout.items();
  std::atomic<int> failures = 0;
  std::vector<std::thread> readers;
  for (size_t reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&, reader] {
      for (size_t i = 0; i < 24; ++i) {
        if (!store->get(items[(i * (reader + 1)) % items.size()])) ++failures;
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace cyto
