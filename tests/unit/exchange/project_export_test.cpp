#include "core/project/exchange/project_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/io/image_source.h"
#include "core/io/label_reader.h"
#include "core/project/exchange/label_check.h"
#include "core/project/exchange/label_import.h"
#include "core/project/exchange/volume_pixels.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/exchange/annotated_document.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;
using test::AnnotatedDocument;
using test::expectSameLabels;
using testing::AllOf;
using testing::HasSubstr;

const PixelScale kScale{30, 0.5, 0.125, 0.25, "micrometer", "second"};

struct RoundTrip {
  LabelFormat format;
  Shape shape;
  uint32_t largestId;
};

std::string nameFor(LabelFormat format) {
  switch (format) {
    case LabelFormat::kTiff: return "Kerne äöü.tif";
    case LabelFormat::kPng: return "Kerne äöü.png";
    case LabelFormat::kNpy: return "Kerne äöü.npy";
    default: return "Kerne äöü.zarr";
  }
}

/// An object in every corner, one across chunks, one through all planes.
AnnotatedDocument annotated(const Shape& shape, uint32_t largestId) {
  AnnotatedDocument made(shape, kScale);
  made.add(1, {{0, 0, 0, 0}, {shape.t, shape.z, 3, 3}}, test::prompted());
  made.add(7, {{0, 0, shape.y / 2, shape.x / 3}, {1, 1, shape.y / 2 + 9, shape.x}}, test::painted());
  made.add(largestId, {{shape.t - 1, shape.z - 1, shape.y - 2, shape.x - 2}, shape}, test::painted());
  return made;
}

class Exports : public testing::TestWithParam<RoundTrip> {};

TEST_P(Exports, ComeBackEqualWithTheirIds) {
  const test::TemporaryFolder folder;
  const auto& [format, shape, largestId] = GetParam();
  const AnnotatedDocument made = annotated(shape, largestId);
  const fs::path path = folder / nameFor(format);
  const Status written = exportDocument(made.document(), path, format, {});
  ASSERT_TRUE(written) << written.error().message();
  AnnotatedDocument fresh(shape);
  const auto import = importLabels(fresh.document(), 1, path, {});
  ASSERT_TRUE(import) << import.error().message();
  fresh.perform(import->edit);
  expectSameLabels(made.document(), fresh.document());
  EXPECT_EQ(import->renumbered, 0);
}

TEST_P(Exports, OfNothingComeBackAsNothing) {
  const test::TemporaryFolder folder;
  const auto& [format, shape, largestId] = GetParam();
  const AnnotatedDocument made(shape, kScale);
  const fs::path path = folder / nameFor(format);
  const Status written = exportDocument(made.document(), path, format, {});
  ASSERT_TRUE(written) << written.error().message();
  const auto import = importLabels(made.document(), 1, path, {});
  ASSERT_TRUE(import) << import.error().message();
  EXPECT_EQ(import->objects, 0);
  EXPECT_TRUE(import->edit.labels.isEmpty());
}

TEST_P(Exports, WhatExistsStaysUnlessItMayBeOverwritten) {
  const test::TemporaryFolder folder;
  const auto& [format, shape, largestId] = GetParam();
  const AnnotatedDocument first(shape, kScale);
  const AnnotatedDocument second = annotated(shape, largestId);
  const fs::path path = folder / nameFor(format);
  ASSERT_TRUE(exportDocument(first.document(), path, format, {}));
  const Status refused = exportDocument(second.document(), path, format, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("exists already"));
  EXPECT_TRUE(compareWithFile(path, path, VolumePixels(first.document().labels), {}));
  ExportOptions overwriting;
  overwriting.overwrites = true;
  const Status written = exportDocument(second.document(), path, format, overwriting);
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_TRUE(compareWithFile(path, path, VolumePixels(second.document().labels), {}));
}

INSTANTIATE_TEST_SUITE_P(Formats, Exports,
                         testing::Values(RoundTrip{LabelFormat::kTiff, {1, 1, 300, 700}, 70000},
                                         RoundTrip{LabelFormat::kTiff, {1, 35, 40, 300}, 65535},
                                         RoundTrip{LabelFormat::kTiff, {5, 1, 40, 300}, 65536},
                                         RoundTrip{LabelFormat::kTiff, {3, 4, 40, 50}, 2147483647},
                                         RoundTrip{LabelFormat::kOmeZarr, {1, 1, 300, 700}, 70000},
                                         RoundTrip{LabelFormat::kOmeZarr, {1, 35, 40, 300}, 2147483647},
                                         RoundTrip{LabelFormat::kOmeZarr, {5, 1, 40, 300}, 70000},
                                         RoundTrip{LabelFormat::kOmeZarr, {3, 18, 40, 50}, 70000},
                                         RoundTrip{LabelFormat::kNpy, {1, 1, 300, 700}, 70000},
                                         RoundTrip{LabelFormat::kNpy, {1, 35, 40, 300}, 70000},
                                         RoundTrip{LabelFormat::kNpy, {5, 1, 40, 300}, 70000},
                                         RoundTrip{LabelFormat::kNpy, {3, 4, 40, 50}, 70000},
                                         RoundTrip{LabelFormat::kMicroSam, {1, 1, 1100, 1300}, 70000},
                                         RoundTrip{LabelFormat::kMicroSam, {1, 35, 40, 300}, 70000},
                                         RoundTrip{LabelFormat::kMicroSam, {35, 1, 40, 300}, 70000},
                                         RoundTrip{LabelFormat::kPng, {1, 1, 300, 700}, 255},
                                         RoundTrip{LabelFormat::kPng, {1, 1, 300, 700}, 65535}),
                         [](const auto& info) {
                           std::string name(labelFormatName(info.param.format));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + "_" + std::to_string(info.index);
                         });

TEST(ProjectExport, KeepsTheScaleWhereTheFormatHasAPlaceForIt) {
  const test::TemporaryFolder folder;
  const AnnotatedDocument made = annotated({3, 4, 40, 50}, 9);
  for (const LabelFormat format : {LabelFormat::kTiff, LabelFormat::kOmeZarr}) {
    const fs::path path = folder / nameFor(format);
    ASSERT_TRUE(exportDocument(made.document(), path, format, {}));
    EXPECT_EQ((*io::openImage(path))->info().scale, kScale) << labelFormatName(format);
  }
}

TEST(ProjectExport, OmeZarrNamesClassesAndVerifiedObjects) {
  const test::TemporaryFolder folder;
  AnnotatedDocument made({1, 1, 40, 50});
  ObjectRecord nucleus = test::painted();
  nucleus.className = "Zellkern, 細胞核";
  ObjectRecord verified = test::painted();
  verified.state = ObjectState::kVerified;
  ObjectRecord proposal = nucleus;
  proposal.state = ObjectState::kProposal;
  made.add(3, {{0, 0, 0, 0}, {1, 1, 5, 5}}, nucleus);
  made.add(4, {{0, 0, 10, 0}, {1, 1, 15, 5}}, verified);
  made.add(5, {{0, 0, 20, 0}, {1, 1, 25, 5}}, test::painted());
  made.add(6, {{0, 0, 30, 0}, {1, 1, 35, 5}}, proposal);
  ASSERT_TRUE(exportDocument(made.document(), folder / "l.zarr", LabelFormat::kOmeZarr, {}));
  const std::map<uint64_t, io::LabelProperties> expected{{3, {"Zellkern, 細胞核", "accepted"}}, {4, {"", "verified"}}};
  EXPECT_EQ(io::labelPropertiesOf(folder / "l.zarr", ""), expected);
}

TEST(ProjectExport, LeavesProposalsOut) {
  const test::TemporaryFolder folder;
  AnnotatedDocument made({1, 1, 40, 50});
  ObjectRecord proposal;
  proposal.state = ObjectState::kProposal;
  made.add(3, {{0, 0, 0, 0}, {1, 1, 5, 5}}, proposal);
  ASSERT_TRUE(exportDocument(made.document(), folder / "l.tif", LabelFormat::kTiff, {}));
  EXPECT_TRUE(compareWithFile(folder / "l.tif", "l.tif", VolumePixels(LabelVolume({1, 1, 40, 50})), {}));
}

TEST(ProjectExport, WhatAFormatHasNoPlaceForIsRefusedAndNothingIsLeft) {
  const test::TemporaryFolder folder;
  const AnnotatedDocument wide = annotated({1, 1, 40, 50}, 65536);
  const AnnotatedDocument series = annotated({3, 4, 40, 50}, 9);
  const AnnotatedDocument narrow = annotated({1, 6, 40, 4}, 9);
  const auto refusal = [&](const AnnotatedDocument& made, LabelFormat format) {
    const Status status = exportDocument(made.document(), folder / "l.x", format, {});
    return status ? "written" : status.error().message();
  };
  EXPECT_THAT(refusal(wide, LabelFormat::kPng), HasSubstr("there is the id 65536"));
  EXPECT_THAT(refusal(series, LabelFormat::kPng), HasSubstr("a PNG holds one plane"));
  EXPECT_THAT(refusal(series, LabelFormat::kMicroSam), HasSubstr("no series of volumes"));
  EXPECT_THAT(refusal(narrow, LabelFormat::kNpy), HasSubstr("would be taken for colours"));
  EXPECT_THAT(refusal(narrow, LabelFormat::kMicroSam), HasSubstr("would be taken for colours"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

/// Memory that gives one pixel differently the second time, as faulty memory and disks do.
class FaultyPixels : public VolumePixels {
 public:
  FaultyPixels(const LabelVolume& labels, int64_t faultyRead) : VolumePixels(labels), faultyRead_(faultyRead) {}

  void read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const override {
    VolumePixels::read(t, z, window, out);
    if (window.contains(1, 1) && ++reads_ >= faultyRead_) out[static_cast<size_t>(window.width() + 1)] ^= 2;
  }

 private:
  int64_t faultyRead_;
  mutable int64_t reads_ = 0;
};

TEST(ProjectExport, AWriteThatDoesNotReadBackIsNoticedAndRemoved) {
  const AnnotatedDocument made = annotated({1, 1, 100, 120}, 9);
  for (const LabelFormat format :
       {LabelFormat::kTiff, LabelFormat::kPng, LabelFormat::kOmeZarr, LabelFormat::kNpy, LabelFormat::kMicroSam}) {
    const test::TemporaryFolder folder;
    const fs::path path = folder / nameFor(format);
    const FaultyPixels faulty(made.document().labels, 2);
    const Status status = writeCheckedLabels(faulty, path, format, {}, {}, false);
    ASSERT_FALSE(status) << labelFormatName(format);
    EXPECT_EQ(status.error().code(), ErrorCode::kIo);
    EXPECT_THAT(status.error().message(),
                AllOf(HasSubstr(path.string()), HasSubstr("the pixel at (0, 0, 1, 1) (t, z, y, x) is 1 in it and 3")));
    EXPECT_TRUE(fs::is_empty(folder.path())) << labelFormatName(format);

    // An older file of that name stays what it was.
    ASSERT_TRUE(writeCheckedLabels(VolumePixels(made.document().labels), path, format, {}, {}, false));
    ASSERT_FALSE(writeCheckedLabels(FaultyPixels(made.document().labels, 2), path, format, {}, {}, true));
    EXPECT_TRUE(compareWithFile(path, path, VolumePixels(made.document().labels), {})) << labelFormatName(format);
  }
}

TEST(ProjectExport, ADamagedFileDiffers) {
  const test::TemporaryFolder folder;
  const AnnotatedDocument made = annotated({1, 1, 100, 120}, 9);
  const VolumePixels pixels(made.document().labels);
  ASSERT_TRUE(exportDocument(made.document(), folder / "l.npy", LabelFormat::kNpy, {}));
  {
    std::fstream file(folder / "l.npy", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(128 + 4 * (50 * 120 + 7));
    file.put(5);
  }
  const Status changed = compareWithFile(folder / "l.npy", "l.npy", pixels, {});
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message(), HasSubstr("(0, 0, 50, 7) (t, z, y, x) is 5 in it and 0 in the project"));
  fs::resize_file(folder / "l.npy", 4000);
  const Status cut = compareWithFile(folder / "l.npy", "l.npy", pixels, {});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), ErrorCode::kIo);
}

TEST(ProjectExport, StopsWhenAskedToAndLeavesNothing) {
  const AnnotatedDocument made = annotated({1, 3, 300, 320}, 9);
  for (const LabelFormat format :
       {LabelFormat::kTiff, LabelFormat::kOmeZarr, LabelFormat::kNpy, LabelFormat::kMicroSam}) {
    const test::TemporaryFolder folder;
    const CancelSource source;
    ExportOptions options;
    options.job.cancel = source.token();
    source.cancel();
    const Status status = exportDocument(made.document(), folder / nameFor(format), format, options);
    ASSERT_FALSE(status) << labelFormatName(format);
    EXPECT_EQ(status.error().code(), ErrorCode::kCancelled) << labelFormatName(format);
    EXPECT_TRUE(fs::is_empty(folder.path())) << labelFormatName(format);
  }
}

TEST(ProjectExport, AMissingFolderIsNamed) {
  const test::TemporaryFolder folder;
  const AnnotatedDocument made({1, 1, 10, 10});
  const Status status = exportDocument(made.document(), folder / "gone" / "l.tif", LabelFormat::kTiff, {});
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("does not exist; make it first"));
}

}  // namespace
}  // namespace cyto
