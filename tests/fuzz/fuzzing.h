#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/support/file_bytes.h"

/// What libFuzzer calls, and what corpus_main.cpp calls with the files of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace cyto::test {

/// Ends the program, which is how a fuzzer learns of a mistake.
inline void require(bool isTrue, const char* what) {
  if (isTrue) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::abort();
}

/// How the input of a fuzzer becomes a file of records: its first byte says it. Checksums would stop nearly all that a
/// fuzzer makes of a file, so they can be made right.
enum class Form : uint8_t {
  kAsItIs,     ///< the rest is the file
  kRightSums,  ///< the same, with a right checksum in each record
  kContents,   ///< the rest is contents of records, see recordsOf; header, lengths and checksums are made
};

/// The file for an input whose records follow `magic`.
std::string fileOf(std::string_view input, std::string_view magic);

/// An input of the form kContents with the contents of all records of a file.
std::string contentsOf(std::string_view file, size_t magicBytes);

}  // namespace cyto::test
