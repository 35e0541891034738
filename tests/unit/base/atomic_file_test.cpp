#include "core/base/atomic_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;

std::string contentOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

int64_t filesIn(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), {}); }

TEST(WriteFileAtomically, ReplacesTheWholeFile) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "Zellkerne größer 細胞.txt";
  ASSERT_TRUE(writeFileAtomically(path, std::string(100000, 'a')));
  ASSERT_TRUE(writeFileAtomically(path, "short"));
  EXPECT_EQ(contentOf(path), "short");
  EXPECT_EQ(filesIn(folder.path()), 1);
}

TEST(WriteFileAtomically, AFailureLeavesTheOldFileAndNothingElse) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "labels.tif";
  ASSERT_TRUE(writeFileAtomically(path, "precious"));
  const Status failed = writeFileAtomically(path, [](const fs::path& temporary) -> Status {
    std::ofstream(temporary) << "half of it";
    return Error(ErrorCode::kIo, "the disk went away");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "the disk went away");
  EXPECT_EQ(contentOf(path), "precious");
  EXPECT_EQ(filesIn(folder.path()), 1);
}

TEST(WriteFileAtomically, AMissingFolderIsNamed) {
  const test::TemporaryFolder folder;
  const Status failed = writeFileAtomically(folder / "absent" / "labels.tif", "x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
  EXPECT_NE(failed.error().message().find("labels.tif"), std::string::npos);
  EXPECT_NE(failed.error().message().find("no such file or directory"), std::string::npos);
}

TEST(WriteFileAtomically, AFullDiskIsSaidInWordsAndTheOldContentStays) {
  std::error_code missing;
  if (!fs::exists("/dev/full", missing)) GTEST_SKIP() << "skipped: no /dev/full";
  const test::TemporaryFolder folder;
  const fs::path path = folder / "labels.tif";
  ASSERT_TRUE(writeFileAtomically(path, "precious"));
  const Status failed = writeFileAtomically(path, [](const fs::path& temporary) -> Status {
    fs::create_symlink("/dev/full", temporary);
    std::ofstream stream(temporary);
    stream << "more than fits" << std::flush;
    return stream ? Status() : Status(Error(ErrorCode::kIo, systemErrorText(ENOSPC)));
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "no space left on device");
  EXPECT_EQ(contentOf(path), "precious");
}

}  // namespace
}  // namespace cyto
