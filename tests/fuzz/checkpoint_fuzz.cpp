// Any bytes as a checkpoint and as a packed chunk of labels: they are refused with words, or they are what was written.

#include "core/labels/packed_chunk.h"
#include "core/project/checkpoint.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace cyto;

const Shape kShape{1, 2, 300, 400};  // of the project that make_corpus.cpp makes

void checkPackedChunk(std::string_view bytes) {
  const auto chunk = PackedChunk::fromBytes(bytes);
  if (!chunk) return test::require(!chunk.error().message().empty(), "what is refused says why");
  test::require(PackedChunk::pack(*(*chunk)->unpack())->bytes() == bytes, "pixels have one packed form");
}

void checkCheckpoint(const std::filesystem::path& path) {
  const auto read = readCheckpoint(path, kShape);
  if (!read) return test::require(!read.error().message().empty(), "what is refused says why");
  test::require(static_cast<bool>(writeCheckpoint(path, *read)), "what was read can be written");
  const auto again = readCheckpoint(path, kShape);
  test::require(again && stateHash(again->document) == stateHash(read->document), "what was written is the same");
  test::require(again->history.steps().size() == read->history.steps().size(), "and its history");
  test::require(again->history.current() == read->history.current(), "and where it stands");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const test::TemporaryFolder folder;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  checkPackedChunk(input);
  test::writeFile(folder / "checkpoint", test::fileOf(input, "CYTOCKP1"));
  checkCheckpoint(folder / "checkpoint");
  return 0;
}
