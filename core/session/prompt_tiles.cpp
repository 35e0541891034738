#include "core/session/prompt_tiles.h"

#include "core/segmentation/prompt_segmenter.h"
#include "core/segmentation/tile_choice.h"

namespace cyto {

std::vector<TileAddress> tilesOf(const ObjectPrompts& prompts, const EncodingProvider& embeddings) {
  std::vector<TileAddress> tiles;
  if (!checkPrompts(prompts, embeddings.imageShape())) return tiles;
  for (const PlanePrompts& question : questionsOf(prompts, embeddings.tiling().planeShape())) {
    const auto choice = chooseTile(embeddings.tiling(), question, {});
    if (choice) tiles.push_back({prompts.t, prompts.z, choice->tile});
  }
  return tiles;
}

}  // namespace cyto
