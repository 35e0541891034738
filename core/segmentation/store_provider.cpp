#include "core/segmentation/store_provider.h"

#include "core/embedding/precompute.h"

namespace cyto {

namespace {

Status checkExtent(const EmbeddingStore& store, const Shape& image) {
  const StoreLayout& layout = store.description().layout;
  if (layout.plane == Extent2{image.y, image.x} && layout.slices == image.t * image.z) return {};
  return Error(ErrorCode::kInvalidArgument,
               "the embedding store '" + store.path().string() + "' does not fit: it holds " +
                   std::to_string(layout.slices) + " plane(s) of " + std::to_string(layout.plane.y) + " x " +
                   std::to_string(layout.plane.x) + " but the image has the shape " + image.text() +
                   " (t, z, y, x); it belongs to another image, name its own store or leave -e out");
}

}  // namespace

StoreProvider::StoreProvider(std::unique_ptr<EmbeddingStore> store, const Shape& shape)
    : store_(std::move(store)), shape_(shape), tiling_(store_->description().layout.tiling()) {}

Result<std::unique_ptr<StoreProvider>> StoreProvider::open(const std::filesystem::path& path,
                                                           const io::ImageSource& image, const ModelIdentity& model,
                                                           MismatchPolicy policy, const JobContext& job) {
  StoreOptions options;
  options.mismatch = policy;
  CYTO_ASSIGN(auto store, EmbeddingStore::openToRead(path, options));
  CYTO_TRY(checkExtent(*store, image.info().shape));
  CYTO_ASSIGN(const ImageFingerprint fingerprint, fingerprintOf(image, job));
  StoreDescription expected{store->description().layout, identityOf(fingerprint, model, "")};
  expected.identity.modelName.clear();
  expected.identity.precision.clear();
  CYTO_TRY(checkMatch(path.string(), store->description(), expected, policy));
  return std::unique_ptr<StoreProvider>(new StoreProvider(std::move(store), image.info().shape));
}

bool StoreProvider::hasTile(int64_t t, int64_t z, int64_t tile) const {
  return store_->description().layout.contains(itemOf(t, z, tile));
}

Result<EmbeddingPtr> StoreProvider::embedding(int64_t t, int64_t z, int64_t tile, const JobContext& job) {
  CYTO_TRY(job.cancel.check());
  const EmbeddingItem item = itemOf(t, z, tile);
  if (!store_->isComplete() && !store_->has(item)) {
    return Error(ErrorCode::kNotFound, "the embedding store '" + store_->path().string() +
                                           "' is unfinished and has no embedding for slice " +
                                           std::to_string(item.slice) + ", tile " + std::to_string(tile) +
                                           " yet; run 'cytoclick precompute-embeddings' again to finish it");
  }
  return store_->get(item);
}

}  // namespace cyto
