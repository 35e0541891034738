#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/inference/embedding.h"
#include "core/inference/instance_decoder.h"
#include "core/inference/prompts.h"

namespace cyto {

/// 8-bit RGB, interleaved (row, column, channel): what every image encoder takes.
struct RgbImage {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<uint8_t> pixels;  // rows * columns * 3
};

/// Names the arithmetic of the image encoder; part of the cache key. "auto" is resolved when a model
/// is loaded.
enum class Precision { kAuto, kFp32, kBf16, kFp16 };

std::string_view precisionName(Precision precision);
std::optional<Precision> precisionFromName(std::string_view name);

/// The answer to one prompt.
struct MaskCandidate {
  PlaneBox box;               ///< tight bounds of the mask in the image; empty when the mask is empty
  std::vector<uint8_t> mask;  ///< box.height() * box.width(), row-major, 1 inside
  float predictedIou = 0;
  MaskPrompt lowResolution;  ///< logits that can be fed back as a mask prompt; empty from `decodeMany`
  float stability = 1;       ///< only from `decodeMany`
};

struct MaskPrediction {
  std::vector<MaskCandidate> candidates;  ///< at least one; best predicted IoU first
};

struct DecodeOptions {
  /// Ask for the three alternatives of an ambiguous prompt. Otherwise one mask: the best of the
  /// alternatives for a single positive point (spec/micro-sam.md §3.1, best-of rule), else the
  /// single-mask output.
  bool allAlternatives = false;
};

/// Which answers to many prompts are wanted (spec/micro-sam.md §6.2).
struct MaskFilter {
  float minPredictedIou = 0;  ///< masks must have more; 0: all
  /// Stability is the share of the pixels with a logit above -1 that have one above 1, in the resolution of the image.
  /// Masks must have at least this; 0: all.
  float minStability = 0;
};

/// An embedding on the decoder's device with everything precomputed that does not depend on prompts.
/// Made and used on the inference thread.
class PreparedEmbedding {
 public:
  virtual ~PreparedEmbedding() = default;
  virtual const Embedding& embedding() const = 0;
  /// All that it keeps in memory, the embedding included.
  virtual int64_t size_bytes() const { return embedding().size_bytes(); }
};

/// Turns an image into an embedding. Not thread-safe: one inference thread owns it.
class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;

  /// Resizes, normalises, pads and encodes. Cancel is answered between steps of the network, which take a few dozen
  /// milliseconds; there `betweenSteps` is called too, on the calling thread. It may use the decoder of the same model,
  /// so that a click need not wait for a whole encode.
  virtual Result<Embedding> encode(const RgbImage& image, const JobContext& job,
                                   const std::function<void()>& betweenSteps = {}) = 0;

  /// How many images `encodeMany` had best be given at once: more than one where several take less time together than
  /// one by one (a GPU).
  virtual int64_t imagesAtOnce() const { return 1; }

  /// The embeddings of all images, in their order, or the first error.
  virtual Result<std::vector<Embedding>> encodeMany(std::span<const RgbImage> images, const JobContext& job);
};

/// Turns prompts into masks. Not thread-safe: one inference thread owns it.
class PromptDecoder {
 public:
  virtual ~PromptDecoder() = default;

  virtual Result<std::unique_ptr<PreparedEmbedding>> prepare(EmbeddingPtr embedding) = 0;

  /// Errors: kInvalidArgument for no prompt at all, NaN coordinates, or a mask of the wrong side.
  virtual Result<MaskPrediction> decode(const PreparedEmbedding& embedding, const Prompts& prompts,
                                        const DecodeOptions& options) = 0;

  /// The three alternatives of each prompt that pass the filter, in the order of the prompts, best first. Networks
  /// answer several prompts at a time and give up a mask as early as they can. Errors: those of `decode`, kCancelled.
  virtual Result<std::vector<std::vector<MaskCandidate>>> decodeMany(const PreparedEmbedding& embedding,
                                                                     const std::vector<Prompts>& prompts,
                                                                     const MaskFilter& filter, const JobContext& job);
};

/// What a loaded model is; all of it except `device` and `threads` decides the numbers it gives.
struct ModelIdentity {
  std::string name;           ///< registry name, or the architecture for a user's checkpoint
  std::string architecture;   ///< "vit_b", "vit_l", "vit_h", "vit_t", "cyto_small"
  std::string weightsHash;    ///< "xxh128:<32 hex>" of the checkpoint file
  std::string preprocessing;  ///< version of the steps from image to network input
  Precision precision = Precision::kFp32;
  std::string device;  ///< "cpu" or "cuda"
  int threads = 1;
};

/// A loaded network. Not thread-safe: one inference thread owns it.
class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelIdentity& identity() const = 0;
  virtual ImageEncoder& encoder() = 0;
  virtual PromptDecoder& decoder() = 0;
  /// Billions of operations of one encode (a multiply-add is two), as its formulas need them; 0 where nobody counted.
  virtual double encode_gflop() const { return 0; }
  /// Null when the network has none: it then segments from prompts only.
  virtual InstanceDecoder* instanceDecoder() { return nullptr; }
};

}  // namespace cyto
