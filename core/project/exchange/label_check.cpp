#include "core/project/exchange/label_check.h"

#include <algorithm>

#include "core/io/label_reader.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error notWhatWasWritten(const fs::path& shown, const std::string& what) {
  return Error(ErrorCode::kIo, "'" + shown.string() +
                                   "' was written, but what was read back is not what was written: " + what +
                                   "; it was removed. The disk or the memory may be faulty: write to another "
                                   "disk and check this one");
}

Status compareBlock(const io::LabelReader& file, const fs::path& shown, const io::LabelPixels& labels, const Box& box,
                    const JobContext& job) {
  std::vector<uint64_t> found;
  if (Status read = file.read(box, found, {job.cancel, {}}); !read) {
    return read.error().code() == ErrorCode::kCancelled ? read : notWhatWasWritten(shown, read.error().message());
  }
  const PlaneBox window{box.begin.y, box.begin.x, box.end.y, box.end.x};
  std::vector<uint32_t> expected(static_cast<size_t>(window.height() * window.width()));
  size_t offset = 0;
  for (int64_t t = box.begin.t; t < box.end.t; ++t) {
    for (int64_t z = box.begin.z; z < box.end.z; ++z, offset += expected.size()) {
      labels.read(t, z, window, expected);
      const auto begin = found.begin() + static_cast<std::ptrdiff_t>(offset);
      const auto [wanted, got] = std::mismatch(expected.begin(), expected.end(), begin);
      if (wanted == expected.end()) continue;
      const int64_t index = wanted - expected.begin();
      const Shape place{t, z, window.y0 + index / window.width(), window.x0 + index % window.width()};
      return notWhatWasWritten(shown, "the pixel at " + place.text() + " (t, z, y, x) is " + std::to_string(*got) +
                                          " in it and " + std::to_string(*wanted) + " in the project");
    }
  }
  return {};
}

}  // namespace

Status compareWithFile(const fs::path& file, const fs::path& shown, const io::LabelPixels& labels,
                       const JobContext& job) {
  const auto reader = io::LabelReader::open(file, "", labels.shape());
  if (!reader) return notWhatWasWritten(shown, reader.error().message());
  const std::vector<Box> blocks = reader->blocks();
  ProgressReporter progress(job, "reading back", static_cast<int64_t>(blocks.size()));
  for (const Box& box : blocks) {
    CYTO_TRY(job.cancel.check());
    CYTO_TRY(compareBlock(*reader, shown, labels, box, job));
    progress.advance();
  }
  return {};
}

}  // namespace cyto
