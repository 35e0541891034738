// Gives the files of a corpus to a fuzzer that is built without libFuzzer.
//
// usage: FUZZER FOLDER

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/fuzz/fuzzing.h"

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    std::printf("%s\n", file.filename().c_str());
    std::fflush(stdout);
    const std::string bytes = cyto::test::readFile(file);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  return files.empty() ? 1 : 0;
}
