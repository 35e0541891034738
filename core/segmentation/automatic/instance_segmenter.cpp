#include "core/segmentation/automatic/instance_segmenter.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/labels/transaction.h"
#include "core/segmentation/automatic/centroid_instances.h"
#include "core/segmentation/automatic/distance_instances.h"
#include "core/segmentation/automatic/tile_joining.h"

namespace cyto {

namespace {

class Stopwatch {
 public:
  explicit Stopwatch(double& sum_s) : sum_s_(sum_s), start_(Clock::now()) {}
  ~Stopwatch() { sum_s_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  double& sum_s_;
  Clock::time_point start_;
};

InstanceLabels instancesFrom(const InstanceMaps& maps, const InstanceParameters& parameters) {
  if (const auto* distances = std::get_if<DistanceMaps>(&maps)) return instancesFrom(*distances, parameters.distance);
  return instancesFrom(std::get<CentroidMaps>(maps), parameters.centroid);
}

}  // namespace

Result<InstanceSegmentation> segmentInstances(EmbeddingProvider& embeddings, InstanceDecoder& decoder,
                                              const InstanceParameters& parameters, const JobContext& job) {
  const Shape shape = embeddings.imageShape();
  const Tiling& tiling = embeddings.tiling();
  InstanceSegmentation result;
  TileJoining joining(shape, tiling);
  int64_t minSize = 0;
  ProgressReporter progress(job, "tiles", shape.t * shape.z * tiling.count());
  for (int64_t plane = 0; plane < shape.t * shape.z; ++plane) {
    const int64_t t = plane / shape.z, z = plane % shape.z;
    for (int64_t tile = 0; tile < tiling.count(); ++tile, progress.advance()) {
      CYTO_TRY(job.cancel.check());
      if (!embeddings.hasTile(t, z, tile)) {
        ++result.missingTiles;
        continue;
      }
      EmbeddingPtr embedding;
      {
        const Stopwatch watch(result.embed_s);
        CYTO_ASSIGN(embedding, embeddings.embedding(t, z, tile, {job.cancel, {}}));
      }
      std::optional<InstanceMaps> maps;
      {
        const Stopwatch watch(result.decode_s);
        CYTO_ASSIGN(maps, decoder.decode(*embedding, {job.cancel, {}}));
      }
      CYTO_TRY(job.cancel.check());
      const Stopwatch watch(result.label_s);
      minSize = std::holds_alternative<DistanceMaps>(*maps) ? parameters.distance.minSize : parameters.centroid.minSize;
      CYTO_TRY(joining.add(t, z, tile, instancesFrom(*maps, parameters)));
    }
  }
  const Stopwatch watch(result.label_s);
  result.labels = joining.finish(minSize, result.objects);
  return result;
}

}  // namespace cyto
