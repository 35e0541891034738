#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/inference/instance_decoder.h"
#include "core/inference/model.h"
#include "core/labels/label_volume.h"
#include "core/segmentation/automatic/instance_parameters.h"
#include "core/segmentation/embedding_provider.h"

namespace cyto {

/// All objects of an image, found without prompts.
struct InstanceSegmentation {
  LabelVolume labels;  ///< as large as the image; ids 1..objects, plane by plane
  uint32_t objects = 0;
  int64_t missingTiles = 0;  ///< had no embedding, so nothing was looked for there
  double embed_s = 0;        ///< getting embeddings, by encoding or by reading
  double decode_s = 0;       ///< from embeddings to maps
  double label_s = 0;        ///< from maps to objects
};

/// Segments every object of every plane, each plane by itself. An image in tiles is worked through tile by tile, and
/// what is kept of earlier ones is packed, so that its size does not matter; objects that two tiles see in the
/// overlap of their halos are joined when they agree there (an intersection over union above 1/2). Tiles without a halo
/// do not overlap, and objects end at their borders.
/// Used on the inference thread. Errors: those of the provider and the decoder.
Result<InstanceSegmentation> segmentInstances(EmbeddingProvider& embeddings, InstanceDecoder& decoder,
                                              const InstanceParameters& parameters, const JobContext& job);

/// The same by clicks on a grid (`gridMasks`), for models without an instance decoder. Progress counts the points.
Result<InstanceSegmentation> segmentByGrid(EmbeddingProvider& embeddings, PromptDecoder& decoder,
                                           const GridParameters& parameters, const JobContext& job);

/// How objects are found without prompts; by name "auto", "ais" and "amg".
enum class AutomaticMode {
  kAuto,             ///< what the model has: its instance decoder, or else a grid of clicks
  kInstanceDecoder,  ///< automatic instance segmentation (AIS)
  kGrid,             ///< automatic mask generation (AMG)
};
std::optional<AutomaticMode> automaticModeFromName(std::string_view name);

/// What kAuto means for this model. kInvalidArgument when it lacks the instance decoder that is asked for.
Result<AutomaticMode> resolvedMode(Model& model, AutomaticMode mode);

/// All objects in one of these ways.
Result<InstanceSegmentation> segmentAutomatically(EmbeddingProvider& embeddings, Model& model, AutomaticMode mode,
                                                  const InstanceParameters& parameters, const JobContext& job);

}  // namespace cyto
