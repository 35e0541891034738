#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/base/byte_budget_cache.h"
#include "core/base/usable_resources.h"
#include "core/inference/model.h"
#include "core/io/image_source.h"
#include "core/segmentation/embedding_provider.h"

namespace cyto {

/// Reads tiles of an image and encodes them when they are asked for; keeps what it made in memory up to
/// a budget, but always at least the embedding that it made last. The source and the encoder must outlive it.
class EncodingProvider : public EmbeddingProvider {
 public:
  static constexpr int64_t kWantedBudget_bytes = int64_t{1} << 30;

  /// One tile that is the whole plane.
  EncodingProvider(const io::ImageSource& source, ImageEncoder& encoder);
  EncodingProvider(const io::ImageSource& source, ImageEncoder& encoder, const Tiling& tiling,
                   int64_t budget_bytes = cacheBudget_bytes(kWantedBudget_bytes));

  const Shape& imageShape() const override { return source_.info().shape; }
  const Tiling& tiling() const override { return tiling_; }
  bool hasTile(int64_t, int64_t, int64_t) const override { return true; }
  Result<EmbeddingPtr> embedding(int64_t t, int64_t z, int64_t tile, const JobContext& job) override;

  /// Called between the steps of every encode, on the thread that asked for it (ImageEncoder::encode).
  void setBetweenSteps(std::function<void()> betweenSteps) { betweenSteps_ = std::move(betweenSteps); }

  /// Whether `embedding` would find the tile in memory. Any thread may ask.
  bool isReady(int64_t t, int64_t z, int64_t tile) const { return cache_.contains({t, z, tile}); }

  /// How many tiles are in memory. Any thread may ask.
  int64_t readyCount() const { return cache_.count(); }

  /// Makes a tile the last one to be dropped; nothing when it is not in memory.
  void touch(int64_t t, int64_t z, int64_t tile) { cache_.find({t, z, tile}); }

 private:
  const io::ImageSource& source_;
  ImageEncoder& encoder_;
  Tiling tiling_;
  std::function<void()> betweenSteps_;
  ByteBudgetCache<TileAddress, Embedding, TileAddressHash> cache_;
};

}  // namespace cyto
