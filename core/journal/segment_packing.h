#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "core/journal/journal_segment.h"

namespace cyto {

/// Packs a segment that is not written to any more (point 7 of journal.cpp), into a file beside it. Uses nothing but
/// that segment, so it may run on another thread while the journal goes on.
class SegmentPacking {
 public:
  SegmentPacking(std::filesystem::path segment, std::vector<JournalSegment::Extent> extents)
      : path_(std::move(segment)), extents_(std::move(extents)) {}

  /// Writes the packed file, syncs it, reads it back and compares every record. On failure it is removed again.
  Status run();

  /// Puts the packed file in the place of the segment, after `run`, and gives it. The folder is not synced yet. On
  /// failure the segment is as it was.
  Result<std::unique_ptr<JournalSegment>> replace();

  const std::filesystem::path& segment() const { return path_; }
  const std::vector<JournalSegment::Extent>& packedExtents() const { return packed_; }
  uint64_t packedEnd() const { return end_; }

  static std::filesystem::path partialOf(const std::filesystem::path& segment) { return segment.string() + ".partial"; }

 private:
  Status write(const JournalSegment& source, JournalSegment& target);
  Status compare(const JournalSegment& source, const JournalSegment& packed) const;

  std::filesystem::path path_;
  std::vector<JournalSegment::Extent> extents_;
  std::vector<JournalSegment::Extent> packed_;
  uint64_t end_ = 0;
};

}  // namespace cyto
