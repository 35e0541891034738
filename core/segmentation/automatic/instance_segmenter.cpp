#include "core/segmentation/automatic/instance_segmenter.h"

#include "core/base/stopwatch.h"
#include "core/segmentation/automatic/centroid_instances.h"
#include "core/segmentation/automatic/distance_instances.h"
#include "core/segmentation/automatic/tile_joining.h"

namespace cyto {

namespace {

/// One run over an image.
class Segmenting {
 public:
  Segmenting(EmbeddingProvider& embeddings, InstanceDecoder& decoder, const InstanceParameters& parameters)
      : embeddings_(embeddings),
        decoder_(decoder),
        parameters_(parameters),
        joining_(embeddings.imageShape(), embeddings.tiling()) {}

  Result<InstanceSegmentation> run(const JobContext& job) {
    const Shape& shape = embeddings_.imageShape();
    const int64_t tiles = embeddings_.tiling().count();
    ProgressReporter progress(job, "tiles", shape.t * shape.z * tiles);
    for (int64_t plane = 0; plane < shape.t * shape.z; ++plane) {
      for (int64_t tile = 0; tile < tiles; ++tile) {
        CYTO_TRY(segmentTile(plane / shape.z, plane % shape.z, tile, {job.cancel, {}}));
        progress.advance();
      }
    }
    CYTO_TRY(job.cancel.check());
    const Stopwatch watch(result_.label_s);
    result_.labels = joining_.finish(minSize_, result_.objects);
    return std::move(result_);
  }

 private:
  Status segmentTile(int64_t t, int64_t z, int64_t tile, const JobContext& job) {
    CYTO_TRY(job.cancel.check());
    if (!embeddings_.hasTile(t, z, tile)) {
      ++result_.missingTiles;
      return {};
    }
    CYTO_ASSIGN(const InstanceMaps maps, mapsOf(t, z, tile, job));
    CYTO_TRY(job.cancel.check());
    const Stopwatch watch(result_.label_s);
    if (const auto* distances = std::get_if<DistanceMaps>(&maps)) {
      minSize_ = parameters_.distance.minSize;
      return joining_.add(t, z, tile, instancesFrom(*distances, parameters_.distance));
    }
    minSize_ = parameters_.centroid.minSize;
    return joining_.add(t, z, tile, instancesFrom(std::get<CentroidMaps>(maps), parameters_.centroid));
  }

  Result<InstanceMaps> mapsOf(int64_t t, int64_t z, int64_t tile, const JobContext& job) {
    EmbeddingPtr embedding;
    {
      const Stopwatch watch(result_.embed_s);
      CYTO_ASSIGN(embedding, embeddings_.embedding(t, z, tile, job));
    }
    const Stopwatch watch(result_.decode_s);
    return decoder_.decode(*embedding, job);
  }

  EmbeddingProvider& embeddings_;
  InstanceDecoder& decoder_;
  const InstanceParameters& parameters_;
  TileJoining joining_;
  InstanceSegmentation result_;
  int64_t minSize_ = 0;  // of the kind of maps that the decoder gives
};

}  // namespace

Result<InstanceSegmentation> segmentInstances(EmbeddingProvider& embeddings, InstanceDecoder& decoder,
                                              const InstanceParameters& parameters, const JobContext& job) {
  return Segmenting(embeddings, decoder, parameters).run(job);
}

}  // namespace cyto
