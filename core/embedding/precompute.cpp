#include "core/embedding/precompute.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "core/base/job_queue.h"
#include "core/base/usable_resources.h"
#include "core/inference/preprocessing.h"

namespace cyto {

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

template <typename T>
bool hasForeground(const Array& mask, const PlaneBox& box) {
  const std::span<const T> pixels = mask.plane<T>(0, 0, 0);
  for (int64_t y = box.y0; y < box.y1; ++y) {
    const auto row = pixels.subspan(static_cast<size_t>(y * mask.shape().x + box.x0), static_cast<size_t>(box.width()));
    if (std::any_of(row.begin(), row.end(), [](T value) { return value != 0; })) return true;
  }
  return false;
}

std::vector<int64_t> tilesWithForeground(const Array& mask, const Tiling& tiling) {
  std::vector<int64_t> tiles;
  visitDtype(mask.dtype(), [&](auto zero) {
    for (int64_t tile = 0; tile < tiling.count(); ++tile) {
      if (hasForeground<decltype(zero)>(mask, tiling.tile(tile))) tiles.push_back(tile);
    }
  });
  return tiles;
}

Status readMask(StoreLayout& layout, const io::ImageSource& mask, const JobContext& job) {
  const Shape& shape = mask.info().shape;
  const int64_t planes = shape.t * shape.z;
  if (shape.y != layout.plane.y || shape.x != layout.plane.x || (planes != 1 && planes != layout.slices)) {
    return refused("the mask has shape " + shape.text() + ", which is not the shape of the image");
  }
  std::vector<std::vector<int64_t>> perSlice;
  bool isEmpty = true;
  for (int64_t plane = 0; plane < planes; ++plane) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(const Array pixels,
                mask.read(Box::plane(shape, plane / shape.z, plane % shape.z), 0, {job.cancel, {}}));
    perSlice.push_back(tilesWithForeground(pixels, layout.tiling()));
    isEmpty &= perSlice.back().empty();
  }
  if (isEmpty) return refused("the mask has no foreground, so there is nothing to encode");
  if (planes == 1) perSlice.resize(static_cast<size_t>(layout.slices), perSlice[0]);
  layout.tilesInMask = std::move(perSlice);
  return {};
}

Status checkTiles(const TileLayout& tiles) {
  if (tiles.tileShape.y >= 1 && tiles.tileShape.x >= 1 && tiles.halo.y >= 0 && tiles.halo.x >= 0) return {};
  return refused("a tile needs at least one pixel and a halo of at least 0 pixels");
}

/// Runs `work` on the queue; the answer or exception comes through the future.
template <typename Work>
auto schedule(JobQueue& queue, Work work) {
  using Answer = decltype(work());
  auto task = std::make_shared<std::packaged_task<Answer()>>(std::move(work));
  std::future<Answer> answer = task->get_future();
  queue.post(JobPriority::kBatch, [task](const CancelToken&) { (*task)(); });
  return answer;
}

Result<RgbImage> readItem(const io::ImageSource& image, const Tiling& tiling, EmbeddingItem item,
                          const CancelToken& cancel) {
  const Shape& shape = image.info().shape;
  const PlaneBox tile = tiling.tile(item.tile);
  const int64_t t = item.slice / shape.z;
  const int64_t z = item.slice % shape.z;
  CYTO_ASSIGN(const Array pixels,
              image.read({{t, z, tile.y0, tile.x0}, {t + 1, z + 1, tile.y1, tile.x1}}, 0, {cancel, {}}));
  return stretchToRgb(pixels);
}

/// Reads, encodes and writes items, several of each where the encoder takes several at once. While one batch is
/// encoded, the next is read and the last is written.
class Pipeline {
 public:
  Pipeline(const io::ImageSource& image, EmbeddingStore& store, ImageEncoder& encoder, const JobContext& job,
           const std::vector<EmbeddingItem>& items)
      : image_(image),
        store_(store),
        encoder_(encoder),
        job_(job),
        items_(items),
        tiling_(store.description().layout.tiling()),
        progress_(job, "encoding", static_cast<int64_t>(items.size())),
        // One that reads and one that writes, or as many as keep up with a GPU.
        threads_(encoder.imagesAtOnce() == 1 ? 2 : std::max(2, usableProcessors())) {}

  Status run() {
    readNext();
    while (!reading_.empty()) {
      std::vector<RgbImage> images;
      const std::optional<Error> unreadable = take(images);
      if (!unreadable) readNext();
      const size_t count = images.size();
      auto embeddings = encoder_.encodeMany(images, {job_.cancel, {}});
      CYTO_TRY(finishWriting());  // what was encoded is kept even when the next item fails
      CYTO_ASSIGN(std::vector<Embedding> made, std::move(embeddings));
      write(encoded_, std::move(made));
      encoded_ += count;
      if (unreadable) {
        CYTO_TRY(finishWriting());
        return *unreadable;
      }
      if (job_.cancel.isCancelled()) break;
    }
    CYTO_TRY(finishWriting());
    return job_.cancel.check();
  }

 private:
  void readNext() {
    const size_t last = std::min(items_.size(), asked_ + static_cast<size_t>(encoder_.imagesAtOnce()));
    for (; asked_ < last; ++asked_) {
      const EmbeddingItem item = items_[asked_];
      reading_.push_back(schedule(threads_, [this, item] { return readItem(image_, tiling_, item, job_.cancel); }));
    }
  }

  /// The images before the first that cannot be read, and why that cannot.
  std::optional<Error> take(std::vector<RgbImage>& images) {
    std::optional<Error> unreadable;
    for (auto& answer : std::exchange(reading_, {})) {
      Result<RgbImage> pixels = answer.get();
      if (!pixels && !unreadable) unreadable = pixels.error();
      if (!unreadable) images.push_back(*std::move(pixels));
    }
    return unreadable;
  }

  void write(size_t first, std::vector<Embedding> embeddings) {
    for (size_t i = 0; i < embeddings.size(); ++i) {
      auto made = std::make_shared<Embedding>(std::move(embeddings[i]));
      writing_.push_back(
          schedule(threads_, [this, item = items_[first + i], made] { return store_.put(item, *made); }));
    }
  }

  /// Waits for all that is being written; the first error.
  Status finishWriting() {
    Status status;
    for (auto& written : std::exchange(writing_, {})) {
      const Status one = written.get();
      if (one) progress_.advance();
      if (status) status = one;
    }
    return status;
  }

  const io::ImageSource& image_;
  EmbeddingStore& store_;
  ImageEncoder& encoder_;
  const JobContext& job_;
  const std::vector<EmbeddingItem>& items_;
  const Tiling tiling_;
  ProgressReporter progress_;
  size_t asked_ = 0, encoded_ = 0;
  std::vector<std::future<Result<RgbImage>>> reading_;
  std::vector<std::future<Status>> writing_;
  JobQueue threads_;  // last: what it runs uses the rest
};

}  // namespace

Result<StoreLayout> planLayout(const io::ImageInfo& image, const LayoutRequest& request, const JobContext& job) {
  const Shape& shape = image.shape;
  if (shape.t * shape.z < 1 || shape.y < 1 || shape.x < 1) return refused("the image has no pixels");
  const int64_t planes = shape.t * shape.z;
  if (request.ndim && *request.ndim == 2 && planes != 1) {
    return refused("the image has " + std::to_string(planes) + " slices or frames, so it cannot be taken as 2D");
  }
  StoreLayout layout;
  layout.isVolume = request.ndim ? *request.ndim == 3 : planes != 1;
  layout.slices = planes;
  layout.plane = {shape.y, shape.x};
  layout.tiles = request.tiles;
  if (layout.tiles) CYTO_TRY(checkTiles(*layout.tiles));
  if (request.mask != nullptr) {
    if (!layout.tiles) return refused("a mask chooses tiles, so it needs a tile shape and a halo");
    CYTO_TRY(readMask(layout, *request.mask, job));
  }
  return layout;
}

StoreIdentity identityOf(const ImageFingerprint& image, const ModelIdentity& model, const std::string& writer) {
  return {image.dataSignature,
          image.contentHash,
          model.architecture,
          model.name,
          model.weightsHash,
          model.preprocessing,
          std::string(precisionName(model.precision)),
          writer};
}

Result<PrecomputeReport> precomputeEmbeddings(const io::ImageSource& image, EmbeddingStore& store,
                                              ImageEncoder& encoder, const JobContext& job) {
  const auto begin = std::chrono::steady_clock::now();
  PrecomputeReport report;
  report.items = static_cast<int64_t>(store.description().layout.items().size());
  if (store.isComplete()) return report;
  const std::vector<EmbeddingItem> missing = store.missingItems();
  if (!missing.empty()) CYTO_TRY(Pipeline(image, store, encoder, job, missing).run());
  CYTO_TRY(store.finish());
  report.encoded = static_cast<int64_t>(missing.size());
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

}  // namespace cyto
