#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>

namespace cyto {

/// Which chunk of a label volume: frame, slice, and row and column counted in chunks.
struct ChunkKey {
  int64_t t = 0;
  int64_t z = 0;
  int64_t row = 0;
  int64_t column = 0;
  auto operator<=>(const ChunkKey&) const = default;
};

/// Rows and columns of a chunk.
constexpr int64_t kLabelChunkSide = 256;

/// The ids of a chunk, row-major. Pixels that lie outside the plane are 0.
using LabelChunk = std::array<uint32_t, static_cast<size_t>(kLabelChunkSide* kLabelChunkSide)>;

/// All background. Takes memory page by page as it is written to: a chunk with one small object some 16 KiB, not 256.
std::shared_ptr<LabelChunk> blankChunk();

/// For a chunk that is going to be written to all over: its ids are not set.
std::shared_ptr<LabelChunk> unsetChunk();

/// A copy that takes no more memory where the chunk is blank.
std::shared_ptr<LabelChunk> copyOf(const LabelChunk& chunk);

bool isBlank(const LabelChunk& chunk);

}  // namespace cyto
