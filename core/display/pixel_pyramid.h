#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "core/array/tiling.h"
#include "core/base/byte_budget_cache.h"
#include "core/io/image_source.h"

namespace cyto {

/// The planes of an image at halving resolutions, in blocks, for display. Level 0 is the image; each further level
/// halves rows and columns (rounded up) until a plane fits one block. A level that the file has itself is read from
/// the file, the others are means of 2 x 2 pixels of the level below. Blocks are made when asked for and kept up to a
/// byte budget. Thread-safe; the source is shared.
class PixelPyramid {
 public:
  static constexpr int64_t kBlockSide = 512;

  PixelPyramid(std::shared_ptr<const io::ImageSource> source, int64_t budget_bytes);

  const io::ImageInfo& info() const { return source_->info(); }
  int levels() const { return static_cast<int>(shapes_.size()); }
  /// Rows and columns of a level.
  Extent2 shapeOf(int level) const { return shapes_[static_cast<size_t>(level)]; }
  /// The level of the file that a level is made from: itself, or the nearest finer one.
  int levelInFile(int level) const;
  /// Blocks in each direction.
  Extent2 gridOf(int level) const;

  struct BlockKey {
    int64_t t = 0;
    int64_t z = 0;
    int level = 0;
    int64_t row = 0;
    int64_t column = 0;
    bool operator==(const BlockKey&) const = default;
  };

  /// All channels of one block; blocks at the far borders are smaller. Errors are those of the source.
  Result<std::shared_ptr<const Array>> block(const BlockKey& key, const JobContext& job);

 private:
  struct BlockKeyHash {
    size_t operator()(const BlockKey& key) const;
  };

  class Turn;

  PlaneBox boxOf(const BlockKey& key) const;
  int fileLevelOf(const Extent2& shape) const;
  Result<Array> make(const BlockKey& key, const JobContext& job);
  Result<Array> readFromFile(const BlockKey& key, int fileLevel, const JobContext& job) const;
  Result<Array> halve(const BlockKey& key, const JobContext& job);
  /// A block that is wanted for its means only.
  Result<std::shared_ptr<const Array>> passingBlock(const BlockKey& key, const JobContext& job);
  bool isKeptInPassing(int level) const;

  std::shared_ptr<const io::ImageSource> source_;
  int64_t budget_bytes_;
  std::vector<Extent2> shapes_;
  std::vector<int> fileLevels_;  ///< per level: the level of the file that has it, or kNotInFile
  ByteBudgetCache<BlockKey, Array, BlockKeyHash> cache_;

  /// One thread makes a block while others that want it wait. Never held while reading.
  std::mutex turnMutex_;
  std::condition_variable turnEnded_;
  std::unordered_set<BlockKey, BlockKeyHash> beingMade_;
};

}  // namespace cyto
