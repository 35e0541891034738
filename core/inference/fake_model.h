#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "core/inference/model.h"

namespace cyto {

struct FakeModelOptions {
  std::string name = "fake";
  std::string architecture = "vit_fake";
  std::string weightsHash = "xxh128:00000000000000000000000000000fac";
  std::chrono::milliseconds encodeTime{0};  ///< how long an encode pretends to work; cancel is answered meanwhile
  bool hasExtraMap = false;                 ///< adds a second feature map "highres" (1, 1, 256, 256)
  bool hasInstanceDecoder = true;
  int64_t imagesAtOnce = 1;  ///< how many images the encoder asks for
  int64_t failOnEncode = 0;  ///< the n-th encode (from 1) fails with kModel; 0: none
};

/// A model without a network for tests: a pure function of the image, exact and fast, so that everything above
/// core/inference can be tested without LibTorch and its answers can be computed by hand.
///
/// Embedding: the image's grey values, (r + g + b) / 3 in whole numbers, enlarged or shrunk to a 1024-pixel frame by
/// nearest neighbour. "features" is (1, 256, 64, 64): channel 16 i + j of cell (y, x) is frame pixel
/// (16 y + i, 16 x + j), 0 outside the image. Images of at most 1024 pixels keep every pixel.
///
/// Masks, in this order:
///  1. nothing;
///  2. each positive point adds its region: the 4-connected pixels whose grey value differs from the point's by at most
///     the tolerance (24; the alternatives are 8, 24 and 72, predicted IoU 0.8, 0.9 and 0.7);
///  3. a mask prompt adds the pixels of positive logits;
///  4. without positive points and mask, a box adds its pixels brighter than the middle of its range (all when
///  constant);
///  5. a box removes everything outside of it;
///  6. each negative point removes its region.
/// All objects, as DistanceMaps: grey g of 128 and more is foreground with both distances (255 - g) / 127, so that the
/// brightest pixels are the middle of an object and the darkest its edge; elsewhere foreground is 0 and distances
/// are 1.
///
/// Box corners are included. Points outside the image are moved to its nearest pixel.
class FakeModel : public Model {
 public:
  explicit FakeModel(FakeModelOptions options = {});
  ~FakeModel() override;

  const ModelIdentity& identity() const override { return identity_; }
  ImageEncoder& encoder() override { return *encoder_; }
  PromptDecoder& decoder() override { return *decoder_; }
  InstanceDecoder* instanceDecoder() override { return instanceDecoder_.get(); }

  /// How many encodes were asked for so far; may be read from any thread.
  int64_t encodeCount() const { return encodeCount_; }

 private:
  class Encoder;
  class Decoder;
  class AllObjectsDecoder;

  FakeModelOptions options_;
  ModelIdentity identity_;
  std::atomic<int64_t> encodeCount_ = 0;
  std::unique_ptr<ImageEncoder> encoder_;
  std::unique_ptr<PromptDecoder> decoder_;
  std::unique_ptr<InstanceDecoder> instanceDecoder_;
};

}  // namespace cyto
