#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/labels/label_chunk.h"
#include "core/labels/packed_chunk.h"

namespace cyto {

/// Reads the pixels of one chunk row by row, as they were when the volume gave it, whatever is written afterwards.
/// Costs nothing for a chunk that is not packed. Use each reader from one thread at a time.
class ChunkReader {
 public:
  using Row = std::array<uint32_t, static_cast<size_t>(kLabelChunkSide)>;

  /// Of a chunk where nothing was written: all background.
  ChunkReader() = default;

  /// One of the two, or neither.
  ChunkReader(std::shared_ptr<const LabelChunk> dense, std::shared_ptr<const PackedChunk> packed)
      : dense_(std::move(dense)), packed_(std::move(packed)) {}

  /// False only when nothing was written, so that there are no labels. Cheap.
  explicit operator bool() const { return dense_ || packed_; }

  /// Whether there are no labels.
  bool isBlank() const { return dense_ ? cyto::isBlank(*dense_) : !packed_; }

  /// 256 ids; valid until the next call, and while the reader is.
  const uint32_t* row(int64_t y) {
    if (dense_) return dense_->data() + y * kLabelChunkSide;
    if (packed_ && y_ != y) {
      packed_->readRow(y, 0, ids_);
      y_ = y;
    }
    return ids_.data();
  }

 private:
  std::shared_ptr<const LabelChunk> dense_;
  std::shared_ptr<const PackedChunk> packed_;
  int64_t y_ = -1;  // the row in `ids_`
  Row ids_{};
};

}  // namespace cyto
