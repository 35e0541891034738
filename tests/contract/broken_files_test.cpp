// The files of ../shared/data/formats/broken: each is refused or read, in a process of its own with two seconds of
// processor time and, where the sanitizers allow it, 512 MB of address space.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "core/io/image_source.h"
#include "tests/contract/reader_contract.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {

namespace fs = std::filesystem;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHasSanitizer = true;  // its shadow memory alone is terabytes of address space
#else
constexpr bool kHasSanitizer = false;
#endif

constexpr rlim_t kAddressSpace_bytes = rlim_t{512} << 20;
constexpr long kResident_bytes = 512L << 20;
constexpr rlim_t kProcessor_s = 2;

enum Outcome { kRead = 0, kRefused = 1, kBadSentence = 2 };

bool isOneSentence(const std::string& message) {
  return !message.empty() && std::none_of(message.begin(), message.end(), [](unsigned char c) { return c < 0x20; });
}

// Opens the file and reads every plane, as `inspect` and `segment` would.
Outcome openAndReadAll(const fs::path& path) {
  const auto image = io::openImage(path);
  if (!image) return isOneSentence(image.error().message()) ? kRefused : kBadSentence;
  const Shape& shape = (*image)->info().shape;
  for (int64_t t = 0; t < shape.t; ++t) {
    for (int64_t z = 0; z < shape.z; ++z) {
      const auto plane = (*image)->read(Box::plane(shape, t, z));
      if (!plane) return isOneSentence(plane.error().message()) ? kRefused : kBadSentence;
    }
  }
  return kRead;
}

struct ChildResult {
  int status = 0;
  rusage usage{};
};

ChildResult inLimitedChild(const fs::path& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit processor{kProcessor_s, kProcessor_s + 1};
    ::setrlimit(RLIMIT_CPU, &processor);
    if (!kHasSanitizer) {
      const rlimit memory{kAddressSpace_bytes, kAddressSpace_bytes};
      ::setrlimit(RLIMIT_AS, &memory);
    }
    ::_exit(openAndReadAll(path));
  }
  ChildResult result;
  ::wait4(child, &result.status, 0, &result.usage);
  return result;
}

TEST(BrokenFiles, AreRefusedOrReadWithinTheirMeans) {
  const auto folder = sharedData("data/formats/broken");
  if (!folder) GTEST_SKIP() << kNoSharedData;
  int files = 0;
  int refused = 0;
  double slowest_s = 0;
  long largest_kb = 0;
  for (const auto& entry : fs::directory_iterator(*folder)) {
    SCOPED_TRACE(entry.path().filename());
    const ChildResult result = inLimitedChild(entry.path());
    ++files;
    ASSERT_TRUE(WIFEXITED(result.status)) << "killed by signal " << WTERMSIG(result.status);
    EXPECT_LE(WEXITSTATUS(result.status), kRefused);
    EXPECT_LT(result.usage.ru_maxrss * 1024L, kResident_bytes);
    refused += WEXITSTATUS(result.status) == kRefused ? 1 : 0;
    const timeval& used = result.usage.ru_utime;
    slowest_s = std::max(slowest_s, static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_usec) * 1e-6);
    largest_kb = std::max(largest_kb, result.usage.ru_maxrss);
  }
  EXPECT_EQ(files, 35);
  std::printf("%d files, %d refused, %d read; slowest %.2f s, largest %.0f MB\n", files, refused, files - refused,
              slowest_s, static_cast<double>(largest_kb) / 1024);
}

std::vector<fs::path> smallFixtures() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(inRepository("tests/golden/formats"))) {
    static constexpr std::array<std::string_view, 7> kKinds = {".tif", ".tiff", ".png", ".jpg", ".npy", ".h5", ".stk"};
    const std::string extension = entry.path().extension().string();
    const bool isImage = std::find(kKinds.begin(), kKinds.end(), extension) != kKinds.end();
    if (entry.is_regular_file() && isImage && entry.file_size() < 60000) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string contentOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void store(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

// Damaged copies of good files, in one child per file so that a crash names its file and seed.
TEST(BrokenFiles, DamagedCopiesOfGoodFilesDoNoHarm) {
  const TemporaryFolder folder;
  constexpr int kCopies = 40;
  for (const fs::path& fixture : smallFixtures()) {
    SCOPED_TRACE(fixture);
    const std::string good = contentOf(fixture);
    const fs::path victim = folder / ("victim" + fixture.extension().string());
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit processor{60, 60};
      ::setrlimit(RLIMIT_CPU, &processor);
      std::mt19937 random(20240607);
      for (int copy = 0; copy < kCopies; ++copy) {
        std::string damaged = good;
        const int changes = 1 + static_cast<int>(random() % 6);
        // Headers and directories sit at the ends; most changes go there.
        for (int i = 0; i < changes; ++i) {
          const size_t reach = std::min<size_t>(damaged.size(), random() % 3 == 0 ? damaged.size() : 600);
          const size_t offset = random() % 2 == 0 ? random() % reach : damaged.size() - 1 - random() % reach;
          damaged[offset] = static_cast<char>(random());
        }
        if (copy % 4 == 0) damaged.resize(random() % damaged.size());
        store(victim, damaged);
        if (openAndReadAll(victim) == kBadSentence) {
          store(folder / "bad", std::to_string(copy));
          ::_exit(kBadSentence);
        }
      }
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

}  // namespace

}  // namespace cyto::test
