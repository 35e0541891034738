#include "core/project/exchange/label_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "core/io/label_writer.h"
#include "core/project/exchange/project_export.h"
#include "core/project/project.h"
#include "tests/support/random_seed.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/exchange/annotated_document.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::AnnotatedDocument;
using test::expectSameLabels;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Shape kGoldenShape{1, 4, 60, 70};

fs::path golden(const std::string& name) { return test::inRepository(fs::path("tests/golden/label_files") / name); }

/// A plane of any type as NumPy writes it.
template <typename T>
void writeNpyPlane(const fs::path& path, const std::string& dtype, int64_t rows, const std::vector<T>& values) {
  std::string header = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                       std::to_string(values.size() / static_cast<size_t>(rows)) + "), }";
  header.resize(117, ' ');
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00\x76\x00", 10);
  file << header << '\n';
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
}

Result<LabelImport> imported(AnnotatedDocument& into, const fs::path& path, uint32_t nextId = 1,
                             ImportOptions options = {}) {
  auto import = importLabels(into.document(), nextId, path, options);
  if (import) into.perform(import->edit);
  return import;
}

TEST(LabelImport, ReadsWhatOtherProgramsWrite) {
  for (const char* name : {"volume.tif", "commit.zarr", "ome.zarr/labels/cells"}) {
    AnnotatedDocument made(kGoldenShape);
    const auto import = imported(made, golden(name));
    ASSERT_TRUE(import) << import.error().message();
    ASSERT_EQ(made.document().objects.size(), 3u) << name;
    const ObjectRecord& first = *made.document().objects.at(1);
    EXPECT_EQ(first.area, 400) << name;
    EXPECT_EQ(first.bounds, (Box{{0, 1, 10, 5}, {1, 3, 20, 25}})) << name;
    EXPECT_EQ(first.state, ObjectState::kAccepted);
    EXPECT_EQ(first.provenance.source, golden(name).string());
    EXPECT_EQ(made.document().labels.at(0, 3, 59, 69), 3u) << name;
    EXPECT_EQ(import->pixels, 540) << name;
    EXPECT_EQ(import->pixelsLeftOut, 0) << name;
  }
}

TEST(LabelImport, TakesClassesFromOmeZarrAndAKeyInsideAnImage) {
  AnnotatedDocument made(kGoldenShape);
  ImportOptions options;
  options.key = "labels/cells";
  const auto import = imported(made, golden("ome.zarr"), 1, options);
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(made.document().objects.at(1)->className, "nucleus");
  EXPECT_EQ(made.document().objects.at(2)->className, "");
  EXPECT_EQ(made.document().objects.at(3)->className, "Zelle");
  EXPECT_EQ(made.document().objects.at(3)->provenance.source, golden("ome.zarr").string() + ":labels/cells");
}

TEST(LabelImport, OnlyBackgroundIsTaken) {
  AnnotatedDocument made(kGoldenShape);
  ObjectRecord verified;
  verified.state = ObjectState::kVerified;
  made.add(5, {{0, 1, 0, 0}, {1, 2, 15, 70}}, verified);  // over half of object 1 in one of its planes
  made.add(6, {{0, 0, 0, 0}, {1, 1, 60, 70}});            // over all of object 2
  const LabelVolume before = made.document().labels;
  const auto import = imported(made, golden("volume.tif"), 7);
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(import->objects, 2);
  EXPECT_EQ(import->objectsLeftOut, 1);
  EXPECT_EQ(import->pixels, 400);
  EXPECT_EQ(import->pixelsLeftOut, 140);
  EXPECT_EQ(made.document().labels.at(0, 1, 14, 6), 5u);
  EXPECT_EQ(made.document().labels.at(0, 1, 15, 6), 7u) << "all ids of the file may have been used before";
  EXPECT_EQ(made.document().objects.at(7)->area, 300);
  EXPECT_EQ(made.document().objects.at(8)->area, 100);
  EXPECT_EQ(import->renumbered, 2);
  EXPECT_THAT(importSummary(*import, "v.tif"),
              testing::StrEq("2 objects came in from 'v.tif', 2 of them with new ids; 140 pixels, among them all of "
                             "1 object, were left out: other objects have them already"));
  // Taking it back gives exactly what was there.
  Document document = made.document();
  ASSERT_TRUE(apply(import->edit, Direction::kBackward, document));
  EXPECT_TRUE(document.labels == before);
  EXPECT_EQ(document.objects.size(), 2u);
}

TEST(LabelImport, ProposalsMayLieOverObjectsButNotOverOtherProposals) {
  AnnotatedDocument made(kGoldenShape);
  made.add(6, {{0, 0, 0, 0}, {1, 1, 60, 70}});
  ObjectRecord proposal;
  proposal.state = ObjectState::kProposal;
  made.add(7, {{0, 3, 0, 0}, {1, 4, 55, 70}}, proposal);
  ImportOptions options;
  options.asProposals = true;
  const auto import = imported(made, golden("volume.tif"), 8, options);
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(import->objects, 3);
  EXPECT_EQ(import->pixelsLeftOut, 50);
  EXPECT_TRUE(import->edit.labels.isEmpty());
  EXPECT_EQ(made.document().objects.at(9)->state, ObjectState::kProposal);
  EXPECT_EQ(made.document().proposals.at(0, 0, 30, 40), 9u);
  EXPECT_EQ(made.document().labels.at(0, 0, 30, 40), 6u);
}

TEST(LabelImport, NewIdsComeBehindTheKeptOnes) {
  const test::TemporaryFolder folder;
  const std::vector<uint32_t> ids{0, 3, 12, 5, 9, 4};
  writeNpyPlane(folder / "ids.npy", "<u4", 2, ids);
  AnnotatedDocument made({1, 1, 2, 3});
  const auto import = imported(made, folder / "ids.npy", 5);
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(import->renumbered, 2);
  std::vector<uint32_t> got(6);
  made.document().labels.read(0, 0, {0, 0, 2, 3}, got);
  EXPECT_THAT(got, testing::ElementsAre(0, 13, 12, 5, 9, 14));
}

TEST(LabelImport, LargeIdsGetNewOnes) {
  const test::TemporaryFolder folder;
  const std::vector<uint64_t> ids{0, 2147483647, 2147483648, 1, UINT64_MAX, 9'000'000'000};
  writeNpyPlane(folder / "ids.npy", "<u8", 1, ids);
  AnnotatedDocument made({1, 1, 1, 6});
  const auto import = imported(made, folder / "ids.npy");
  ASSERT_TRUE(import) << import.error().message();
  std::vector<uint32_t> got(6);
  made.document().labels.read(0, 0, {0, 0, 1, 6}, got);
  EXPECT_THAT(got, testing::ElementsAre(0, 2147483647, 2147483648, 1, 2147483650, 2147483649));
  EXPECT_THAT(importSummary(*import, "ids.npy"), HasSubstr("5 objects came in from 'ids.npy', 3 of them with new ids"));
}

TEST(LabelImport, AProjectWithoutIdsLeftSaysSo) {
  const test::TemporaryFolder folder;
  writeNpyPlane(folder / "ids.npy", "<u4", 1, std::vector<uint32_t>{1, 2, 3});
  const AnnotatedDocument made({1, 1, 1, 3});
  EXPECT_TRUE(importLabels(made.document(), UINT32_MAX - 3, folder / "ids.npy", {}));
  const auto refused = importLabels(made.document(), UINT32_MAX - 2, folder / "ids.npy", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("no ids left for 3 objects"));
}

TEST(LabelImport, WholeNumbersMayBeStoredAsFloatsButNothingElse) {
  AnnotatedDocument made({1, 1, 60, 70});
  const auto import = imported(made, golden("float.tif"));
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(made.document().objects.at(1)->area, 200);
  const auto fractions = importLabels(made.document(), 2, golden("probabilities.tif"), {});
  ASSERT_FALSE(fractions);
  EXPECT_THAT(fractions.error().message(), AllOf(HasSubstr("probabilities.tif"), HasSubstr("(0, 0, 10, 5)"),
                                                 HasSubstr("is 0.5"), HasSubstr("save the labels as integers")));
  const test::TemporaryFolder folder;
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.F}) {
    writeNpyPlane(folder / "odd.npy", "<f4", 60, std::vector<float>(60 * 70, value));
    const auto refused = importLabels(made.document(), 2, folder / "odd.npy", {});
    ASSERT_FALSE(refused) << value;
    EXPECT_EQ(refused.error().code(), ErrorCode::kFormat);
  }
}

TEST(LabelImport, NegativeIdsAreRefusedWithTheirPlace) {
  const test::TemporaryFolder folder;
  writeNpyPlane(folder / "negative.npy", "<i4", 2, std::vector<int32_t>{0, 0, 0, 0, -1, 0});
  const AnnotatedDocument made({1, 1, 2, 3});
  const auto refused = importLabels(made.document(), 1, folder / "negative.npy", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("the pixel at (0, 0, 1, 1) (t, z, y, x) is -1"));
}

TEST(LabelImport, AnotherShapeIsRefusedWithBoth) {
  const AnnotatedDocument made({1, 4, 60, 71});
  const auto refused = importLabels(made.document(), 1, golden("volume.tif"), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("(1, 4, 60, 70)"), HasSubstr("(1, 4, 60, 71)")));
  const AnnotatedDocument series({2, 2, 60, 70});
  EXPECT_FALSE(importLabels(series.document(), 1, golden("volume.tif"), {}));
}

TEST(LabelImport, SlicesOfAFileAreTheFramesOfASeries) {
  AnnotatedDocument made({4, 1, 60, 70});
  const auto import = imported(made, golden("volume.tif"));
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(made.document().objects.at(1)->bounds, (Box{{1, 0, 10, 5}, {3, 1, 20, 25}}));
}

TEST(LabelImport, APictureWithColoursIsNoLabelImage) {
  const test::TemporaryFolder folder;
  const Array rgb = *Array::create(Dtype::kUint8, {1, 1, 6, 7}, 3);
  ASSERT_TRUE(io::writePng(folder / "rgb.png", rgb));
  const AnnotatedDocument made({1, 1, 6, 7});
  const auto refused = importLabels(made.document(), 1, folder / "rgb.png", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("3 channels or colours"));
}

TEST(LabelImport, WhatIsThereAndWhatComesInPartitionTheImage) {
  const uint64_t seed = test::randomSeed(20250309);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const test::TemporaryFolder folder;
  const auto below = [&](int64_t limit) { return static_cast<int64_t>(random() % static_cast<uint64_t>(limit)); };
  for (int round = 0; round < 12; ++round) {
    const Shape shape{1 + below(3), 1 + below(20), 5 + below(300), 5 + below(600)};
    AnnotatedDocument file(shape);
    AnnotatedDocument there(shape);
    const auto randomBox = [&] {
      const Shape begin{below(shape.t), below(shape.z), below(shape.y), below(shape.x)};
      return Box{begin,
                 {begin.t + 1 + below(2), begin.z + 1 + below(3), begin.y + 1 + below(200), begin.x + 1 + below(200)}}
          .clippedTo(Box::whole(shape));
    };
    for (uint32_t id = 1; id <= 8; ++id) file.add(id * 100, randomBox());
    for (uint32_t id = 1; id <= 4; ++id) there.add(id, randomBox());
    const fs::path path = folder / (std::to_string(round) + (round % 2 == 0 ? ".zarr" : ".tif"));
    const Status written =
        exportDocument(file.document(), path, round % 2 == 0 ? LabelFormat::kOmeZarr : LabelFormat::kTiff, {});
    ASSERT_TRUE(written) << written.error().message();
    const Document before = there.document();
    const auto import = imported(there, path, 5);
    ASSERT_TRUE(import) << import.error().message();
    int64_t differing = 0;
    for (int64_t t = 0; t < shape.t; ++t) {
      for (int64_t z = 0; z < shape.z; ++z) {
        for (int64_t y = 0; y < shape.y; ++y) {
          for (int64_t x = 0; x < shape.x; ++x) {
            const uint32_t old = before.labels.at(t, z, y, x);
            const uint32_t expected = old != 0 ? old : file.document().labels.at(t, z, y, x);
            if (there.document().labels.at(t, z, y, x) != expected) ++differing;
          }
        }
      }
    }
    EXPECT_EQ(differing, 0) << shape.text();
    int64_t area = 0;
    for (const ObjectChange& change : import->edit.objects) area += change.after->area;
    EXPECT_EQ(area, import->pixels);
  }
}

TEST(LabelImport, IsOneStepOfAProjectThatSurvives) {
  const test::TemporaryFolder folder;
  const ImageReference image{"/data/v.tif", "", kGoldenShape, 1, Dtype::kUint16, {}, ""};
  auto project = *Project::create(folder / "ö.cyto", image);
  const auto import = importLabels(project->document(), project->nextId(), golden("commit.zarr"), {});
  ASSERT_TRUE(import) << import.error().message();
  ASSERT_TRUE(project->perform(import->edit));
  EXPECT_EQ(project->history().undoLabel(), "import of 3 objects from 'commit.zarr'");
  EXPECT_EQ(project->nextId(), 4u);
  const Document imported = project->document();
  project.reset();
  project = *Project::open(folder / "ö.cyto");
  EXPECT_EQ(stateHash(project->document()), stateHash(imported));
  EXPECT_EQ(*project->document().objects.at(1), *imported.objects.at(1));
  ASSERT_TRUE(project->undo());
  EXPECT_TRUE(project->document().objects.empty());
}

}  // namespace
}  // namespace cyto
