#pragma once

#include <filesystem>
#include <memory>

#include "core/embedding/embedding_store.h"
#include "core/inference/model.h"
#include "core/io/image_source.h"
#include "core/segmentation/embedding_provider.h"

namespace cyto {

/// Embeddings that were computed before. Never encodes and never writes, so the store may be read-only.
class StoreProvider : public EmbeddingProvider {
 public:
  /// Opens a store and checks that it was made of this image by this model. The image is read once to
  /// compare its content. The precision of the encoder is the store's own affair.
  /// Errors: those of EmbeddingStore::openToRead; kInvalidArgument for another image or model.
  static Result<std::unique_ptr<StoreProvider>> open(const std::filesystem::path& path, const io::ImageSource& image,
                                                     const ModelIdentity& model, MismatchPolicy policy,
                                                     const JobContext& job);

  const Shape& imageShape() const override { return shape_; }
  const Tiling& tiling() const override { return tiling_; }
  bool hasTile(int64_t t, int64_t z, int64_t tile) const override;

  /// kNotFound when the store is unfinished and this tile has not been computed yet.
  Result<EmbeddingPtr> embedding(int64_t t, int64_t z, int64_t tile, const JobContext& job) override;

 private:
  StoreProvider(std::unique_ptr<EmbeddingStore> store, const Shape& shape);
  EmbeddingItem itemOf(int64_t t, int64_t z, int64_t tile) const { return {t * shape_.z + z, tile}; }

  std::unique_ptr<EmbeddingStore> store_;
  Shape shape_;
  Tiling tiling_;
};

}  // namespace cyto
