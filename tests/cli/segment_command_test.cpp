#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/embedding/embedding_store.h"
#include "core/io/image_source.h"
#include "core/segmentation/truth_objects.h"
#include "tests/cli/command_files.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* kOneBox = R"({"objects":[{"id":3,"boxes":[[66,125,89,146]]}]})";

class SegmentCommand : public testing::Test {
 protected:
  SegmentCommand() { fs::create_directories(folder_ / kDifficultName); }

  fs::path file(const std::string& name) const { return folder_ / kDifficultName / name; }
  fs::path nuclei() const { return sample("small-nuclei.png"); }

  fs::path prompts(const std::string& text) const {
    writeText(file("prompts.json"), text);
    return file("prompts.json");
  }

  ProgramRun segment(const fs::path& image, const fs::path& promptFile, const fs::path& output,
                     std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"-q", "segment",      image.string(), "--prompts", promptFile.string(),
                                   "-o", output.string()};
    words.insert(words.end(), more.begin(), more.end());
    return runProgram(words);
  }

  TemporaryFolder folder_;
};

// Counts pixels of an id and their bounds the slow way.
json countedIn(const Array& labels, uint32_t id) {
  const Shape& shape = labels.shape();
  int64_t area = 0, y0 = shape.y, x0 = shape.x, y1 = 0, x1 = 0;
  for (int64_t y = 0; y < shape.y; ++y) {
    for (int64_t x = 0; x < shape.x; ++x) {
      if (labels.as<uint32_t>()[static_cast<size_t>(y * shape.x + x)] != id) continue;
      ++area;
      y0 = std::min(y0, y), x0 = std::min(x0, x), y1 = std::max(y1, y + 1), x1 = std::max(x1, x + 1);
    }
  }
  return {{"area", area}, {"bbox", area > 0 ? json{y0, x0, y1, x1} : json()}};
}

TEST_F(SegmentCommand, WritesTheLabelsItReports) {
  const ProgramRun run = segment(nuclei(), sample("small-nuclei.prompts.json"), file("labels.tif"),
                                 {"--json", "--overlay", file("overlay.png").string()});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["shape"], (json{1, 1, 256, 256}));
  EXPECT_THAT(report["model_hash"].get<std::string>(), testing::StartsWith("xxh128:"));
  ASSERT_EQ(report["objects"].size(), 12u);
  const Array labels = readLabels(file("labels.tif"));
  EXPECT_EQ(labels.shape(), (Shape{1, 1, 256, 256}));
  for (size_t i = 0; i < 12; ++i) {
    const json& object = report["objects"][i];
    EXPECT_EQ(object["id"], i + 1) << "in the order of the prompt file";
    const json counted = countedIn(labels, object["id"]);
    EXPECT_EQ(object["area"], counted["area"]);
    EXPECT_EQ(object["bbox"], counted["bbox"]);
    EXPECT_EQ(object["tile"], 0);
  }
  for (const char* key : {"model_load", "embed", "decode", "total"}) EXPECT_GE(report["seconds"][key], 0.0) << key;
  const auto overlay = io::openImage(file("overlay.png"));
  ASSERT_TRUE(overlay) << overlay.error().message();
  EXPECT_EQ((*overlay)->info().channels, 3);
  EXPECT_THAT(namesIn(folder_ / kDifficultName), ElementsAre("labels.tif", "overlay.png"));
}

TEST_F(SegmentCommand, TheEmbeddedModelFindsTheSampleNuclei) {
  const ProgramRun run = segment(nuclei(), sample("small-nuclei.prompts.json"), file("labels.tif"));
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const Array labels = readLabels(file("labels.tif")), truth = readLabels(sample("small-nuclei_label.tif"));
  const auto found = objectsOf(labels.as<uint32_t>(), 256, 256, 1),
             wanted = objectsOf(truth.as<uint32_t>(), 256, 256, 1);
  double sum = 0;
  for (const TruthObject& object : found) {
    double best = 0;
    for (const TruthObject& candidate : wanted)
      best = std::max(best, intersectionOverUnion(object.mask, candidate.mask));
    sum += best;
  }
  EXPECT_GT(sum / 12, 0.6) << "mean over the twelve prompts of the best IoU with a true nucleus";
}

TEST_F(SegmentCommand, WritesTheFormatThatTheNameSays) {
  for (const char* name : {"labels.tif", "labels.png", "labels.zarr"}) {
    const ProgramRun run = segment(nuclei(), prompts(kOneBox), file(name));
    ASSERT_EQ(run.exitCode, 0) << name << ": " << run.err;
    EXPECT_THAT(run.out, HasSubstr("object 3: "));
  }
  const Array tiff = readLabels(file("labels.tif"));
  const auto same = [&](const Array& other) {
    return std::equal(tiff.as<uint32_t>().begin(), tiff.as<uint32_t>().end(), other.as<uint32_t>().begin());
  };
  EXPECT_GT(countedIn(tiff, 3)["area"], 0);
  EXPECT_TRUE(same(readLabels(file("labels.png"))));
  EXPECT_TRUE(same(readLabels(file("labels.zarr"))));
}

TEST_F(SegmentCommand, OverlapGoesToTheEarlierObjectUnlessAskedOtherwise) {
  const fs::path twice =
      prompts(R"({"objects":[{"id":9,"boxes":[[66,125,89,146]]},{"id":4,"boxes":[[66,125,89,146]]}]})");
  ASSERT_EQ(segment(nuclei(), twice, file("earlier.tif")).exitCode, 0);
  ASSERT_EQ(segment(nuclei(), twice, file("later.tif"), {"--overlap", "later"}).exitCode, 0);
  const Array earlier = readLabels(file("earlier.tif")), later = readLabels(file("later.tif"));
  EXPECT_GT(countedIn(earlier, 9)["area"], 0);
  EXPECT_EQ(countedIn(earlier, 4)["area"], 0);
  EXPECT_EQ(countedIn(later, 9)["area"], 0);
  EXPECT_EQ(countedIn(later, 4)["area"], countedIn(earlier, 9)["area"]);
}

TEST_F(SegmentCommand, TilesAnswerWhereTheObjectsAre) {
  const fs::path two =
      prompts(R"({"objects":[{"id":1,"boxes":[[66,125,89,146]]},{"id":2,"boxes":[[151,81,169,102]]}]})");
  const ProgramRun run =
      segment(nuclei(), two, file("labels.tif"), {"--json", "--tile-shape", "128", "128", "--halo", "32", "32"});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  const json objects = json::parse(run.out)["objects"];
  EXPECT_EQ(objects[0]["tile"], 1);
  EXPECT_EQ(objects[1]["tile"], 2);
  EXPECT_GT(objects[0]["area"], 0);
}

TEST_F(SegmentCommand, PixelsThatAreNoNumbersDoNoHarm) {
  std::vector<float> values;
  for (int i = 0; i < 64 * 64; ++i)
    values.push_back(i % 64 > 20 && i % 64 < 40 && i / 64 > 20 && i / 64 < 40 ? 5.0f : 1.0f);
  values[5] = NAN;
  values[77] = INFINITY;
  values[99] = -INFINITY;
  writeNpy(file("nan.npy"), 64, 64, values);
  const fs::path box = prompts(R"({"objects":[{"id":1,"boxes":[[20,20,41,41]]}]})");
  EXPECT_EQ(segment(file("nan.npy"), box, file("labels.tif")).exitCode, 0);
  EXPECT_EQ(readLabels(file("labels.tif")).shape(), (Shape{1, 1, 64, 64}));
  writeNpy(file("only nan.npy"), 64, 64, std::vector<float>(64 * 64, NAN));
  EXPECT_EQ(segment(file("only nan.npy"), box, file("nothing.tif")).exitCode, 0);
}

TEST_F(SegmentCommand, OnePixelIsAnImageAndNoPixelIsNone) {
  writeNpy(file("one.npy"), 1, 1, {3.0f});
  const ProgramRun one =
      segment(file("one.npy"), prompts(R"({"objects":[{"id":1,"points":[[0,0,1]]}]})"), file("one.tif"));
  ASSERT_EQ(one.exitCode, 0) << one.err;
  EXPECT_EQ(readLabels(file("one.tif")).shape(), (Shape{1, 1, 1, 1}));
  writeNpy(file("none.npy"), 0, 5, {});
  expectRefusal(segment(file("none.npy"), file("prompts.json"), file("none.tif")), "none.npy");
  EXPECT_FALSE(fs::exists(file("none.tif")));
}

struct BadInput {
  const char* name;
  const char* image;    // below the test folder, or the sample when empty
  const char* prompts;  // content
  const char* output;
  std::vector<std::string> more;
  const char* says;
};

void PrintTo(const BadInput& bad, std::ostream* out) { *out << bad.name; }

class SegmentRefuses : public SegmentCommand, public testing::WithParamInterface<BadInput> {};

TEST_P(SegmentRefuses, WithOneSentenceAndNoOutput) {
  const BadInput& bad = GetParam();
  writeText(file("truncated.png"), readText(nuclei()).substr(0, 2000));
  writeText(file("text.tif"), "these are words, not pixels\n");
  writeText(file("empty.tif"), "");
  const fs::path image = *bad.image ? file(bad.image) : nuclei();
  prompts(bad.prompts);
  const auto before = namesIn(folder_ / kDifficultName);
  expectRefusal(segment(image, file("prompts.json"), file(bad.output), bad.more), bad.says);
  EXPECT_EQ(namesIn(folder_ / kDifficultName), before) << "nothing is left behind";
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, SegmentRefuses,
    testing::Values(
        BadInput{"missing_image", "gone.png", kOneBox, "o.tif", {}, "gone.png': there is no such file"},
        BadInput{"truncated_image", "truncated.png", kOneBox, "o.tif", {}, "truncated.png"},
        BadInput{"text_as_image", "text.tif", kOneBox, "o.tif", {}, "text.tif"},
        BadInput{"empty_file", "empty.tif", kOneBox, "o.tif", {}, "empty.tif"},
        BadInput{"folder_without_images", ".", kOneBox, "o.tif", {"--key", "*.xyz"}, kDifficultName},
        BadInput{"prompts_not_json", "", "boxes: 5", "o.tif", {}, "prompts.json': it is not valid JSON"},
        BadInput{"prompts_empty", "", "", "o.tif", {}, "prompts.json"},
        BadInput{"prompts_nan",
                 "",
                 R"({"objects":[{"id":1,"points":[[NaN,3,1]]}]})",
                 "o.tif",
                 {},
                 "coordinates must be finite numbers"},
        BadInput{"prompts_outside",
                 "",
                 R"({"objects":[{"id":1,"points":[[256,3,1]]}]})",
                 "o.tif",
                 {},
                 "object 1 has the point (256, 3) outside the image of 256 x 256"},
        BadInput{"box_outside",
                 "",
                 R"({"objects":[{"id":1,"boxes":[[300,3,310,9]]}]})",
                 "o.tif",
                 {},
                 "outside the image of 256 x 256"},
        BadInput{"mask_missing", "", R"({"objects":[{"id":1,"mask":"gone.tif"}]})", "o.tif", {}, "gone.tif"},
        BadInput{"unknown_key", "", R"({"objects":[{"id":1,"box":[[1,1,2,2]]}]})", "o.tif", {}, "unknown key 'box'"},
        BadInput{
            "output_without_suffix", "", kOneBox, "labels", {}, "use a name that ends in .tif, .png, .zarr or .npy"},
        BadInput{"output_folder_missing", "", kOneBox, "gone/o.tif", {}, "does not exist; make it first"},
        BadInput{"output_below_a_file", "", kOneBox, "text.tif/o.tif", {}, "is not a folder"},
        BadInput{
            "overlay_folder_missing", "", kOneBox, "o.tif", {"--overlay", "/no/such/folder/o.png"}, "/no/such/folder"},
        BadInput{"halo_alone", "", kOneBox, "o.tif", {"--halo", "8", "8"}, "--halo needs --tile-shape"},
        BadInput{"tile_of_nothing", "", kOneBox, "o.tif", {"--tile-shape", "0", "8"}, "--tile-shape"},
        BadInput{"overlap_unknown", "", kOneBox, "o.tif", {"--overlap", "both"}, "--overlap"},
        BadInput{"unknown_model", "", kOneBox, "o.tif", {"-m", "vit_q"}, "no model named 'vit_q'"},
        BadInput{"missing_checkpoint", "", kOneBox, "o.tif", {"-c", "gone.pt"}, "'gone.pt' does not exist"},
        BadInput{"missing_store", "", kOneBox, "o.tif", {"-e", "gone.zarr"}, "gone.zarr"}),
    [](const auto& info) { return info.param.name; });

TEST_F(SegmentCommand, AFileThatIsNoCheckpointIsRefused) {
  writeText(file("junk.pt"), "no weights in here");
  expectRefusal(segment(nuclei(), prompts(kOneBox), file("o.tif"), {"-c", file("junk.pt").string()}), "junk.pt");
  EXPECT_FALSE(fs::exists(file("o.tif")));
}

TEST_F(SegmentCommand, AnEarlierResultStaysWhenTheNextRunFails) {
  writeText(file("labels.tif"), "what was there before");
  const fs::path outside = prompts(R"({"objects":[{"id":1,"points":[[999,3,1]]}]})");
  EXPECT_NE(segment(nuclei(), outside, file("labels.tif")).exitCode, 0);
  EXPECT_EQ(readText(file("labels.tif")), "what was there before");
}

TEST_F(SegmentCommand, APlaceThatTakesNoFilesIsNamed) {
  expectRefusal(segment(nuclei(), prompts(kOneBox), "/proc/labels.tif"), "/proc/labels.tif");
}

TEST_F(SegmentCommand, AFolderWithoutPermissionIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "skipped: permission bits do not bind root";
  fs::create_directory(file("locked"));
  fs::permissions(file("locked"), fs::perms::owner_read | fs::perms::owner_exec);
  expectRefusal(segment(nuclei(), prompts(kOneBox), file("locked") / "o.tif"), "permission denied");
}

TEST_F(SegmentCommand, AFullDiskLosesNothing) {
  const SmallDisk disk(file("disk"), "size=64k");
  if (!disk.isMounted()) GTEST_SKIP() << "skipped: no small disk can be mounted";
  writeText(file("disk") / "labels.tif", "what was there before");
  disk.fill();
  const ProgramRun run = segment(nuclei(), prompts(kOneBox), file("disk") / "labels.tif");
  expectRefusal(run, "labels.tif");
  EXPECT_EQ(readText(file("disk") / "labels.tif"), "what was there before");
  EXPECT_THAT(namesIn(file("disk")), ElementsAre("filling", "labels.tif"));
}

// Whether a process has come so far that it loads the network library; its signal handlers are set by then.
bool hasLoadedTheEngine(pid_t pid) {
  return readText("/proc/" + std::to_string(pid) + "/maps").find("libcytoclick_engine") != std::string::npos;
}

TEST_F(SegmentCommand, AnInterruptLeavesNothingBehind) {
  Program program(
      {"-q", "segment", nuclei().string(), "--prompts", prompts(kOneBox).string(), "-o", file("labels.tif").string()});
  while (program.isRunning() && !hasLoadedTheEngine(program.pid())) ::usleep(1000);
  program.send(SIGINT);
  const ProgramRun run = program.wait();
  EXPECT_EQ(run.exitCode, 130);
  EXPECT_THAT(run.err, HasSubstr("cytoclick: stopped"));
  EXPECT_THAT(namesIn(folder_ / kDifficultName), ElementsAre("prompts.json"));
}

class SegmentFromStore : public SegmentCommand {
 protected:
  void SetUp() override {
    const ProgramRun run = runProgram({"-q", "precompute-embeddings", nuclei().string(), "-o", store().string()});
    ASSERT_EQ(run.exitCode, 0) << run.err;
  }
  fs::path store() const { return file("disk") / "store 细胞.zarr"; }

  json attributes() const { return json::parse(readText(store() / ".zattrs")); }
};

TEST_F(SegmentFromStore, GivesTheSameLabelsAsEncodingNow) {
  ASSERT_EQ(segment(nuclei(), prompts(kOneBox), file("now.tif")).exitCode, 0);
  const ProgramRun run = segment(nuclei(), prompts(kOneBox), file("store.tif"), {"-e", store().string()});
  ASSERT_EQ(run.exitCode, 0) << run.err;
  EXPECT_EQ(readText(file("now.tif")), readText(file("store.tif")));
}

TEST_F(SegmentFromStore, AStoreOfAnotherImageIsRefused) {
  const fs::path anywhere = prompts(R"({"objects":[{"id":1,"points":[[20,20,1]]}]})");
  const ProgramRun otherSize =
      segment(sample("histology-nuclei.png"), anywhere, file("o.tif"), {"-e", store().string()});
  expectRefusal(otherSize, "it belongs to another image");
  writeNpy(file("other.npy"), 256, 256, std::vector<float>(256 * 256, 1.0f));
  const ProgramRun otherPixels = segment(file("other.npy"), anywhere, file("o.tif"), {"-e", store().string()});
  expectRefusal(otherPixels, "data_signature");
  EXPECT_FALSE(fs::exists(file("o.tif")));
}

TEST_F(SegmentFromStore, AStoreOfAnotherModelIsRefusedUnlessInsistedOn) {
  json changed = attributes();
  changed["model_hash"] = "xxh128:0123456789abcdef0123456789abcdef";
  writeText(store() / ".zattrs", changed.dump());
  expectRefusal(segment(nuclei(), prompts(kOneBox), file("o.tif"), {"-e", store().string()}), "model_hash");
  EXPECT_FALSE(fs::exists(file("o.tif")));
  const ProgramRun insisted =
      segment(nuclei(), prompts(kOneBox), file("o.tif"), {"-e", store().string(), "--override-mismatch"});
  EXPECT_EQ(insisted.exitCode, 0) << insisted.err;
}

TEST_F(SegmentFromStore, AHalfWrittenStoreSaysHowToFinishIt) {
  const fs::path path = file("half.zarr");
  const auto full = EmbeddingStore::openToRead(store());
  ASSERT_TRUE(full) << full.error().message();
  ASSERT_TRUE(EmbeddingStore::openToWrite(path, (*full)->description()));  // begun and left
  expectRefusal(segment(nuclei(), prompts(kOneBox), file("o.tif"), {"-e", path.string()}),
                "is unfinished and has no embedding for slice 0, tile 0 yet");
  EXPECT_FALSE(fs::exists(file("o.tif")));
}

TEST_F(SegmentFromStore, ADamagedStoreIsNamed) {
  writeText(store() / ".zattrs", "{ this is not");
  expectRefusal(segment(nuclei(), prompts(kOneBox), file("o.tif"), {"-e", store().string()}), "store 细胞.zarr");
}

TEST_F(SegmentCommand, AStoreOnAReadOnlyDiskIsGoodEnough) {
  const SmallDisk disk(file("disk"), "size=64m");
  if (!disk.isMounted()) GTEST_SKIP() << "skipped: no disk of its own can be mounted";
  const fs::path store = file("disk") / "store.zarr";
  ASSERT_EQ(runProgram({"-q", "precompute-embeddings", nuclei().string(), "-o", store.string()}).exitCode, 0);
  disk.makeReadOnly();
  const ProgramRun run = segment(nuclei(), prompts(kOneBox), file("labels.tif"), {"-e", store.string()});
  EXPECT_EQ(run.exitCode, 0) << run.err;
}

}  // namespace
}  // namespace cyto::test
