#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/array/array.h"
#include "tests/cli/program.h"

namespace cyto::test {

/// A folder name that careless programs stumble over.
inline constexpr const char* kDifficultName = "Zellen Übersicht 细胞";

std::filesystem::path sample(const std::string& name);

void writeText(const std::filesystem::path& path, const std::string& text);
std::string readText(const std::filesystem::path& path);

/// A NumPy file with rows * columns float32 values.
void writeNpy(const std::filesystem::path& path, int64_t rows, int64_t columns, const std::vector<float>& values);

/// The same with any shape, e.g. "(2, 3, 4)".
void writeNpyOf(const std::filesystem::path& path, const std::string& shape, const std::vector<float>& values);

/// The first plane of a label image as uint32; fails the test when it cannot be opened.
Array readLabels(const std::filesystem::path& path);

/// Names of everything in a folder, hidden files included, sorted.
std::vector<std::string> namesIn(const std::filesystem::path& folder);

/// Checks that a run ended with 1 or 2, printed nothing on stdout, and one line on stderr that says `sentence`.
void expectRefusal(const ProgramRun& run, const std::string& sentence);

/// A tmpfs of its own that is unmounted at the end; `isMounted` is false where that is not allowed.
class SmallDisk {
 public:
  SmallDisk(const std::filesystem::path& folder, const std::string& options);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool isMounted() const { return isMounted_; }
  void makeReadOnly() const;
  /// Writes a file until no byte is left.
  void fill() const;

 private:
  std::filesystem::path folder_;
  bool isMounted_ = false;
};

}  // namespace cyto::test
