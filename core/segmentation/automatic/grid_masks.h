#pragma once

#include "core/array/tiling.h"
#include "core/inference/model.h"
#include "core/segmentation/automatic/instance_labels.h"
#include "core/segmentation/automatic/instance_parameters.h"

namespace cyto {

/// Automatic mask generation for models without an instance decoder (AMG, spec/micro-sam.md §6.2): a click on every
/// point of a grid, masks the model is sure of, duplicates dropped. Smaller masks lie on top of larger ones; each mask
/// keeps its largest piece. As in the reference, the object that covers the most pixels is dropped where it is larger
/// than the background, for it is the background.
///
/// Of an image in tiles each tile is searched like an image of its own. The reference drops masks that end near a
/// border inside the image; here they stay, because tiles are joined by what they share (TileJoining), and an object
/// larger than a halo would be lost.
///
/// Progress counts the points. It is told between batches of them that take about a tenth of a second, on the calling
/// thread, where the decoder may be used meanwhile.
Result<InstanceLabels> gridMasks(PromptDecoder& decoder, const PreparedEmbedding& embedding,
                                 const GridParameters& parameters, const JobContext& job);

/// The points of the grid in the embedded image, by rows: (k + 0.5) / perSide of each side.
std::vector<PointPrompt> gridPoints(Extent2 size, int64_t perSide);

/// Keeps of boxes that overlap by an intersection over union above `threshold` the one with the highest score, from the
/// best down; of equals the first. Returns the indices that stay, best first. Boxes are measured between the middles of
/// their outer pixels, as in the reference, so that a box one pixel wide overlaps with none.
std::vector<size_t> suppressOverlapping(const std::vector<PlaneBox>& boxes, const std::vector<float>& scores,
                                        double threshold);

}  // namespace cyto
