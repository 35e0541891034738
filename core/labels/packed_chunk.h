#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/array/tiling.h"
#include "core/base/result.h"
#include "core/labels/label_chunk.h"

namespace cyto {

/// A chunk of labels as runs of equal ids: a tenth of its size or less for most images, and any row can be read without
/// the others. Never blank. Equal pixels have equal bytes. Immutable, so it may be read from any thread.
class PackedChunk {
 public:
  /// Null when the chunk is blank. May be larger than the chunk when hardly two neighbours are alike.
  static std::shared_ptr<const PackedChunk> pack(const LabelChunk& chunk);

  /// What `bytes()` gave. kFormat for anything that cannot come from there.
  static Result<std::shared_ptr<const PackedChunk>> fromBytes(std::string_view bytes);

  /// For a file; the format is described in packed_chunk.cpp.
  std::string_view bytes() const { return bytes_; }
  int64_t size_bytes() const { return static_cast<int64_t>(bytes_.size()); }

  /// The rows and columns, counted from the chunk's corner, that hold all its labels.
  Extent2 extent() const;

  /// Copies the ids of row `y` from column `x` on; they must lie in the chunk.
  void readRow(int64_t y, int64_t x, std::span<uint32_t> out) const;

  /// The chunk as it was packed.
  std::shared_ptr<LabelChunk> unpack() const;

  bool operator==(const PackedChunk& other) const { return bytes_ == other.bytes_; }

 private:
  struct Runs {
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  explicit PackedChunk(std::string bytes);

  const uint8_t* at(size_t offset) const { return reinterpret_cast<const uint8_t*>(bytes_.data()) + offset; }
  bool isMarked(int64_t y) const { return (*at(8 + static_cast<size_t>(y) / 8) >> (y % 8) & 1) != 0; }
  uint32_t id(uint32_t number) const;
  uint32_t length(uint32_t run) const { return uint32_t{*at(lengths_ + run)} + 1; }
  uint32_t number(uint32_t run) const;
  Runs runsOfMark(int64_t mark) const;
  Runs runsOfRow(int64_t y) const;
  Status check() const;
  Status checkRow(const Runs& row, uint32_t& known) const;
  bool areAlike(const Runs& a, const Runs& b) const;

  std::string bytes_;
  // Of the format, out of the bytes.
  uint32_t ids_ = 0;
  uint32_t runs_ = 0;
  int64_t marks_ = 0;
  size_t firstRuns_ = 0;
  size_t lengths_ = 0;
  size_t numbers_ = 0;
};

}  // namespace cyto
