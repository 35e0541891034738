#include "tests/cli/command_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/io/image_source.h"
#include "tests/support/shared_data.h"

namespace cyto::test {

namespace fs = std::filesystem;

fs::path sample(const std::string& name) { return inRepository("resources/samples") / name; }

void writeText(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string readText(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void writeNpy(const fs::path& path, int64_t rows, int64_t columns, const std::vector<float>& values) {
  writeNpyOf(path, "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")", values);
}

void writeNpyOf(const fs::path& path, const std::string& shape, const std::vector<float>& values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize((header.size() + 10) / 64 * 64 + 64 - 10 - 1, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  file += header;
  file.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  writeText(path, file);
}

Array readLabels(const fs::path& path) {
  const auto source = io::openImage(path);
  if (!source) {
    ADD_FAILURE() << source.error().message();
    return {};
  }
  const Shape& shape = (*source)->info().shape;
  const auto plane = (*source)->read(Box::plane(shape, 0, 0));
  if (!plane) {
    ADD_FAILURE() << plane.error().message();
    return {};
  }
  Array labels = *Array::create(Dtype::kUint32, {1, 1, shape.y, shape.x});
  visitDtype(plane->dtype(), [&](auto zero) {
    const auto values = plane->plane<decltype(zero)>(0, 0, 0);
    std::transform(values.begin(), values.end(), labels.as<uint32_t>().begin(),
                   [](auto value) { return static_cast<uint32_t>(value); });
  });
  return labels;
}

std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void expectRefusal(const ProgramRun& run, const std::string& sentence) {
  EXPECT_TRUE(run.exitCode == 1 || run.exitCode == 2) << "exit code " << run.exitCode;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, testing::StartsWith("cytoclick: "));
  EXPECT_THAT(run.err, testing::HasSubstr(sentence));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

SmallDisk::SmallDisk(const fs::path& folder, const std::string& options) : folder_(folder) {
  fs::create_directories(folder);
  isMounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (isMounted_) ::umount2(folder_.c_str(), MNT_DETACH);
}

void SmallDisk::makeReadOnly() const {
  ASSERT_EQ(::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
}

void SmallDisk::fill() const {
  std::ofstream file(folder_ / "filling", std::ios::binary);
  const std::string block(1024, 'x');
  while (file << block << std::flush) {
  }
}

}  // namespace cyto::test
