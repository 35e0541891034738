#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/array/plane_mask.h"
#include "core/base/byte_budget_cache.h"
#include "core/base/usable_resources.h"
#include "core/inference/model.h"
#include "core/segmentation/embedding_provider.h"
#include "core/segmentation/object_prompts.h"
#include "core/segmentation/tile_choice.h"

namespace cyto {

/// The answer to the prompts of one object.
struct ObjectMask {
  uint32_t id = 0;
  int64_t t = 0;
  int64_t z = 0;
  PlaneMask mask;                     ///< in pixels of the image; empty when the model sees nothing there
  float predictedIou = 0;             ///< of the least certain piece
  std::vector<int64_t> tiles;         ///< which tile answered each piece of the object
  std::vector<std::string> warnings;  ///< sentences about prompts that could not be used as they are
};

/// Time spent so far, in seconds.
struct SegmenterTimes {
  double embed_s = 0;   ///< getting embeddings, by encoding or by reading
  double decode_s = 0;  ///< preparing them for the decoder, and decoding
};

/// Turns prompts into masks with the embeddings of one image. An object never exceeds the outer area of
/// the tile that answers. Prepared embeddings are kept up to a budget, but always the one that was made last, so that a
/// click on a plane that was visited before is answered at once. Used from the inference thread; provider and decoder
/// must outlive it.
class PromptSegmenter {
 public:
  static constexpr int64_t kWantedBudget_bytes = int64_t{512} << 20;

  PromptSegmenter(EmbeddingProvider& embeddings, PromptDecoder& decoder,
                  int64_t preparedBudget_bytes = cacheBudget_bytes(kWantedBudget_bytes));

  /// Answers one object. Errors: those of `checkPrompts`, kNotFound when no embedding covers the prompts,
  /// and those of the provider and the decoder.
  Result<ObjectMask> segment(const ObjectPrompts& prompts, const JobContext& job);

  /// The answer of `segment`, then the model's other masks for the same prompts, best predicted first. Left out
  /// are empty ones and those with the pixels of an earlier one. An object that asks more than one question (several
  /// boxes) has only its answer.
  Result<std::vector<ObjectMask>> alternatives(const ObjectPrompts& prompts, const JobContext& job);

  /// Answers many, in the order given; works plane by plane and tile by tile, so that each embedding is
  /// used for all its objects before the next.
  Result<std::vector<ObjectMask>> segmentAll(const std::vector<ObjectPrompts>& objects, const JobContext& job);

  /// Whether prompts on this tile need no embedding any more, because a prepared one is kept. Any thread may ask.
  bool isPrepared(const TileAddress& tile) const { return prepared_.contains(tile); }

  const SegmenterTimes& times() const { return times_; }

 private:
  struct Piece {
    PlaneMask mask;
    float predictedIou = 0;
  };

  Result<TileChoice> choose(const ObjectPrompts& object, const PlanePrompts& question) const;
  Result<std::shared_ptr<const PreparedEmbedding>> prepared(const TileAddress& tile, const JobContext& job);
  /// The masks that the decoder gives, best predicted first; one empty piece when no prompt lies in the tile.
  Result<std::vector<Piece>> decode(const ObjectPrompts& object, const PlanePrompts& question, const TileChoice& choice,
                                    DecodeOptions options, const JobContext& job, std::vector<std::string>& warnings);

  EmbeddingProvider& embeddings_;
  PromptDecoder& decoder_;
  ByteBudgetCache<TileAddress, PreparedEmbedding, TileAddressHash> prepared_;
  SegmenterTimes times_;
};

/// The questions that one object's prompts ask (see prompt_file.h for objects with several boxes). Boxes
/// are clipped to the plane.
std::vector<PlanePrompts> questionsOf(const ObjectPrompts& object, Extent2 plane);

}  // namespace cyto
