#include "core/segmentation/automatic/instance_segmenter.h"

#include "core/base/stopwatch.h"
#include "core/segmentation/automatic/centroid_instances.h"
#include "core/segmentation/automatic/distance_instances.h"
#include "core/segmentation/automatic/grid_masks.h"
#include "core/segmentation/automatic/tile_joining.h"

namespace cyto {

namespace {

/// From the embedding of a tile to its objects.
class ObjectFinder {
 public:
  virtual ~ObjectFinder() = default;
  /// What a tile takes, as progress counts it.
  virtual std::string_view phase() const { return "tiles"; }
  virtual int64_t stepsPerTile() const { return 1; }
  /// Reports at most these steps.
  virtual Result<InstanceLabels> find(const EmbeddingPtr& embedding, InstanceSegmentation& times,
                                      const JobContext& job) = 0;
  /// Of the objects in the end; known after the first `find`.
  virtual int64_t minSize() const = 0;
};

class MapFinder : public ObjectFinder {
 public:
  MapFinder(InstanceDecoder& decoder, const InstanceParameters& parameters)
      : decoder_(decoder), parameters_(parameters) {}

  Result<InstanceLabels> find(const EmbeddingPtr& embedding, InstanceSegmentation& times,
                              const JobContext& job) override {
    CYTO_ASSIGN(const InstanceMaps maps, mapsOf(*embedding, times, job));
    CYTO_TRY(job.cancel.check());
    const Stopwatch watch(times.label_s);
    if (const auto* distances = std::get_if<DistanceMaps>(&maps)) {
      minSize_ = parameters_.distance.minSize;
      return instancesFrom(*distances, parameters_.distance);
    }
    minSize_ = parameters_.centroid.minSize;
    return instancesFrom(std::get<CentroidMaps>(maps), parameters_.centroid);
  }

  int64_t minSize() const override { return minSize_; }

 private:
  Result<InstanceMaps> mapsOf(const Embedding& embedding, InstanceSegmentation& times, const JobContext& job) {
    const Stopwatch watch(times.decode_s);
    return decoder_.decode(embedding, {job.cancel, {}});
  }

  InstanceDecoder& decoder_;
  const InstanceParameters& parameters_;
  int64_t minSize_ = 0;  // of the kind of maps that the decoder gives
};

class GridFinder : public ObjectFinder {
 public:
  GridFinder(PromptDecoder& decoder, const GridParameters& parameters) : decoder_(decoder), parameters_(parameters) {}

  std::string_view phase() const override { return "points"; }
  int64_t stepsPerTile() const override { return parameters_.pointsPerSide * parameters_.pointsPerSide; }

  Result<InstanceLabels> find(const EmbeddingPtr& embedding, InstanceSegmentation& times,
                              const JobContext& job) override {
    const Stopwatch watch(times.decode_s);
    CYTO_ASSIGN(const auto prepared, decoder_.prepare(embedding));
    return gridMasks(decoder_, *prepared, parameters_, job);
  }

  int64_t minSize() const override { return parameters_.minSize; }

 private:
  PromptDecoder& decoder_;
  const GridParameters& parameters_;
};

/// One run over an image.
class Segmenting {
 public:
  Segmenting(EmbeddingProvider& embeddings, ObjectFinder& finder)
      : embeddings_(embeddings), finder_(finder), joining_(embeddings.imageShape(), embeddings.tiling()) {}

  Result<InstanceSegmentation> run(const JobContext& job) {
    const Shape& shape = embeddings_.imageShape();
    const int64_t tiles = embeddings_.tiling().count();
    const int64_t steps = finder_.stepsPerTile();
    ProgressReporter progress(job, std::string(finder_.phase()), shape.t * shape.z * tiles * steps);
    for (int64_t plane = 0; plane < shape.t * shape.z; ++plane) {
      for (int64_t tile = 0; tile < tiles; ++tile) {
        int64_t done = 0;
        const auto advanced = [&](const Progress& within) {
          progress.advance(within.done - done);
          done = within.done;
        };
        CYTO_TRY(segmentTile(plane / shape.z, plane % shape.z, tile, {job.cancel, advanced}));
        progress.advance(steps - done);
      }
    }
    CYTO_TRY(job.cancel.check());
    const Stopwatch watch(result_.label_s);
    result_.labels = joining_.finish(finder_.minSize(), result_.objects);
    return std::move(result_);
  }

 private:
  Status segmentTile(int64_t t, int64_t z, int64_t tile, const JobContext& job) {
    CYTO_TRY(job.cancel.check());
    if (!embeddings_.hasTile(t, z, tile)) {
      ++result_.missingTiles;
      return {};
    }
    EmbeddingPtr embedding;
    {
      const Stopwatch watch(result_.embed_s);
      CYTO_ASSIGN(embedding, embeddings_.embedding(t, z, tile, {job.cancel, {}}));
    }
    CYTO_ASSIGN(const InstanceLabels labels, finder_.find(embedding, result_, job));
    const Stopwatch watch(result_.label_s);
    return joining_.add(t, z, tile, labels);
  }

  EmbeddingProvider& embeddings_;
  ObjectFinder& finder_;
  TileJoining joining_;
  InstanceSegmentation result_;
};

}  // namespace

Result<InstanceSegmentation> segmentInstances(EmbeddingProvider& embeddings, InstanceDecoder& decoder,
                                              const InstanceParameters& parameters, const JobContext& job) {
  MapFinder finder(decoder, parameters);
  return Segmenting(embeddings, finder).run(job);
}

Result<InstanceSegmentation> segmentByGrid(EmbeddingProvider& embeddings, PromptDecoder& decoder,
                                           const GridParameters& parameters, const JobContext& job) {
  GridFinder finder(decoder, parameters);
  return Segmenting(embeddings, finder).run(job);
}

std::optional<AutomaticMode> automaticModeFromName(std::string_view name) {
  if (name == "auto") return AutomaticMode::kAuto;
  if (name == "ais") return AutomaticMode::kInstanceDecoder;
  if (name == "amg") return AutomaticMode::kGrid;
  return std::nullopt;
}

Result<AutomaticMode> resolvedMode(Model& model, AutomaticMode mode) {
  if (mode == AutomaticMode::kGrid || model.instanceDecoder()) {
    return mode == AutomaticMode::kAuto ? AutomaticMode::kInstanceDecoder : mode;
  }
  if (mode == AutomaticMode::kAuto) return AutomaticMode::kGrid;
  return Error(ErrorCode::kInvalidArgument,
               "the model '" + model.identity().name +
                   "' has no instance decoder; use one that has, such as cyto-small, put the decoder's file beside the "
                   "weights, named like them with _decoder, or search with a grid of clicks, mode amg");
}

Result<InstanceSegmentation> segmentAutomatically(EmbeddingProvider& embeddings, Model& model, AutomaticMode mode,
                                                  const InstanceParameters& parameters, const JobContext& job) {
  CYTO_ASSIGN(const AutomaticMode resolved, resolvedMode(model, mode));
  if (resolved == AutomaticMode::kGrid) return segmentByGrid(embeddings, model.decoder(), parameters.grid, job);
  return segmentInstances(embeddings, *model.instanceDecoder(), parameters, job);
}

}  // namespace cyto
