// Commit stores of micro-sam, both ways.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/project/exchange/label_import.h"
#include "core/project/exchange/project_export.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/exchange/annotated_document.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::AnnotatedDocument;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Shape kGoldenShape{1, 4, 60, 70};

fs::path goldenCommit() { return test::inRepository("tests/golden/label_files/commit.zarr"); }

TEST(CommitExchange, PromptsAndModelOfMicroSamBecomeProvenance) {
  const AnnotatedDocument made(kGoldenShape);
  ImportOptions options;
  options.who.user = "Zoë";
  options.who.program = "cytoclick 0.1.0";
  options.who.time_us = test::kSomeTime_us;
  const auto import = importLabels(made.document(), 1, goldenCommit(), options);
  ASSERT_TRUE(import) << import.error().message();
  ASSERT_EQ(import->edit.objects.size(), 3u);
  const Provenance& first = import->edit.objects[0].after->provenance;
  EXPECT_EQ(first.prompts.id, 1u);
  EXPECT_EQ(first.prompts.z, 1) << "the slice with most prompts";
  EXPECT_THAT(first.prompts.boxes, ElementsAre(BoxPrompt{9, 4, 21, 26}));
  EXPECT_THAT(first.prompts.points, ElementsAre(PointPrompt{15, 12, true}, PointPrompt{30, 30, false}));
  EXPECT_EQ(first.model, "vit_b_lm");
  EXPECT_EQ(first.weightsHash, "xxh128:00112233445566778899aabbccddeeff");
  EXPECT_EQ(first.program, "micro_sam 1.8.10");
  EXPECT_EQ(first.user, "Zoë");
  EXPECT_THAT(import->notices,
              ElementsAre("Object 1: 1 prompt in other planes or outside the image cannot be kept in its provenance."));
  const Provenance& second = import->edit.objects[1].after->provenance;
  EXPECT_EQ(second.model, "") << "neither history nor prompts say how it was made";
  EXPECT_TRUE(second.prompts.isEmpty());
  EXPECT_EQ(second.program, "cytoclick 0.1.0");
  const Provenance& third = import->edit.objects[2].after->provenance;
  EXPECT_EQ(third.model, "vit_b_lm") << "the history says that it is automatic";
  EXPECT_TRUE(third.prompts.isEmpty());
}

TEST(CommitExchange, WhatCytoclickWroteComesBackWhole) {
  const test::TemporaryFolder folder;
  AnnotatedDocument made({1, 4, 60, 70});
  ObjectRecord nucleus = test::prompted();
  nucleus.className = "Zellkern";
  nucleus.provenance.prompts.mask =
      maskWhere({3, 4, 13, 24}, [](int64_t y, int64_t x) { return (y + x) % 3 != 0 && y != 5; });
  ObjectRecord child = test::painted();
  child.provenance.parents = {2, 99};
  made.add(2, {{0, 1, 0, 0}, {1, 3, 9, 9}}, nucleus);
  made.add(4, {{0, 2, 20, 0}, {1, 3, 29, 9}}, child);
  const fs::path path = folder / "c.zarr";
  ASSERT_TRUE(exportDocument(made.document(), path, LabelFormat::kMicroSam, {}));
  const AnnotatedDocument fresh({1, 4, 60, 70});
  const auto import = importLabels(fresh.document(), 3, path, {});
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_THAT(import->notices, IsEmpty());
  ASSERT_EQ(import->edit.objects.size(), 2u);
  ObjectRecord expectedChild = *made.document().objects.at(4);
  expectedChild.provenance.parents = {5};  // 2 came in as 5, and 99 did not
  expectedChild.provenance.source = path.string();
  EXPECT_EQ(*import->edit.objects[0].after, expectedChild);
  ObjectRecord expected = *made.document().objects.at(2);
  expected.id = 5;
  expected.provenance.prompts.id = 5;
  expected.provenance.source = path.string();
  EXPECT_EQ(*import->edit.objects[1].after, expected);
}

TEST(CommitExchange, TheStoreIsWhatMicroSamWrites) {
  const test::TemporaryFolder folder;
  AnnotatedDocument made({1, 40, 300, 270});
  made.add(1, {{0, 5, 0, 0}, {1, 7, 9, 9}}, test::prompted());
  ObjectRecord automatic = test::prompted();
  automatic.provenance.prompts = {};
  automatic.provenance.time_us += 5'000'000;
  made.add(2, {{0, 35, 280, 260}, {1, 36, 300, 270}}, automatic);
  made.add(3, {{0, 0, 280, 260}, {1, 1, 300, 270}}, automatic);
  ExportOptions options;
  options.signature = {"00ff", "vit_b", "vit_b_lm", "xxh128:11", ""};
  ASSERT_TRUE(exportDocument(made.document(), folder / "c.zarr", LabelFormat::kMicroSam, options));
  std::vector<std::string> notices;
  const auto record = io::readCommitStore(folder / "c.zarr", notices);
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_THAT(notices, IsEmpty());
  EXPECT_EQ(record->signature.dataSignature, "00ff");
  EXPECT_EQ(record->signature.modelType, "vit_b");
  EXPECT_EQ(record->signature.modelName, "vit_b_lm");
  ASSERT_EQ(record->history.size(), 2u);
  EXPECT_FALSE(record->history[0].isAutomatic);
  EXPECT_THAT(record->history[0].ids, ElementsAre(1));
  EXPECT_TRUE(record->history[1].isAutomatic);
  EXPECT_THAT(record->history[1].ids, ElementsAre(2, 3)) << "what came at once is one entry";
  const auto prompts = std::find_if(record->prompts.begin(), record->prompts.end(),
                                    [](const io::CommitPrompts& entry) { return entry.id == 1; });
  ASSERT_NE(prompts, record->prompts.end());
  using Coordinates = io::CommitPrompts::Coordinates;
  ASSERT_EQ(prompts->shapes.size(), 1u);
  EXPECT_THAT(prompts->shapes[0], ElementsAre(Coordinates{5, 5, 6}, Coordinates{5, 5, 60.5}, Coordinates{5, 50, 60.5},
                                              Coordinates{5, 50, 6}));
  EXPECT_THAT(prompts->points, ElementsAre(Coordinates{5, 10.5, 20.25}, Coordinates{5, 30, 40}));
  EXPECT_THAT(prompts->isPositive, ElementsAre(true, false));
  EXPECT_TRUE(fs::exists(folder / "c.zarr/committed_objects/0.0.0"));
  EXPECT_TRUE(fs::exists(folder / "c.zarr/committed_objects/1.1.1")) << "chunks of 32 x 256 x 256";
  EXPECT_FALSE(fs::exists(folder / "c.zarr/committed_objects/1.0.0")) << "without a label";
}

TEST(CommitExchange, DamageBeyondTheLabelsIsToldAndDoesNotStopTheImport) {
  const test::TemporaryFolder folder;
  const fs::path store = folder / "c.zarr";
  fs::copy(goldenCommit(), store, fs::copy_options::recursive);
  std::ofstream(store / "prompts/1/point_labels/.zarray") << "{";
  std::ofstream(store / ".zattrs") << R"({"commit_history": [{"current_object": {"object_ids": [1]}}, 7], "halo": 3})";
  const AnnotatedDocument made(kGoldenShape);
  const auto import = importLabels(made.document(), 1, store, {});
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(import->objects, 3);
  ASSERT_EQ(import->notices.size(), 2u);
  EXPECT_THAT(import->notices[0], HasSubstr("commit history is damaged after entry 1"));
  EXPECT_THAT(import->notices[1], HasSubstr("The prompts of object 1 were left out"));
}

}  // namespace
}  // namespace cyto
