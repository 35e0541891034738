#pragma once

#include <optional>

#include "core/nn/cyto/layers.h"
#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// Channels of the maps of the dense prediction, at stride 4 and in fp32.
struct DenseChannels {
  static constexpr int64_t kForeground = 0;  ///< logit: inside any object
  static constexpr int64_t kBoundary = 1;    ///< logit: on the border of an object
  static constexpr int64_t kOffsetX = 2;     ///< to the centroid of the pixel's object, in units of kOffsetUnit
  static constexpr int64_t kOffsetY = 3;
  static constexpr int64_t kLogSize = 4;  ///< log2(sqrt(object area) / kSizeUnit)
  static constexpr int64_t kCount = 5;
};
inline constexpr double kOffsetUnit = 32.0;  ///< frame pixels
inline constexpr double kSizeUnit = 32.0;    ///< frame pixels

/// Number of channels of the learned per-pixel code that tells objects apart.
inline constexpr int64_t kCodeChannels = 8;

/// Image encoder of cyto-small: convolutional, top-down to stride 4, any frame with sides that are
/// multiples of 32. Output: "features" (128, stride 16), "high_res_8" (64), "high_res_4" (32 and the code
/// of kCodeChannels), "high_res_2" (8; not from the weights of the first version), "dense" (DenseChannels, fp32).
class CytoEncoder {
 public:
  static constexpr int64_t kFeatures = 128;
  static constexpr int64_t kHighRes8 = 64;
  static constexpr int64_t kHighRes4 = 32;
  static constexpr int64_t kHighRes2 = 8;

  explicit CytoEncoder(WeightSource& source);
  Features operator()(const at::Tensor& frames, const BetweenSteps& betweenSteps) const;

  bool hasHighRes2() const { return project2_.has_value(); }

 private:
  struct Stage {
    ChannelNorm norm;
    Convolution down;
    std::vector<ResidualBlock> blocks;
  };
  static Stage stage(WeightSource& source, const std::string& name, int64_t in, int64_t out, int count);

  Convolution stem1_, stem2_;
  ChannelNorm stemNorm_;
  std::vector<ResidualBlock> stage4_;
  Stage stage8_, stage16_, stage32_;
  ChannelNorm topNorm_;
  Upsampling up16_, up8_, up4_;
  Convolution lateral16_, lateral8_, lateral4_;
  std::vector<ResidualBlock> top16_, top8_, top4_;
  ChannelNorm norm16_, norm8_, norm4_;
  Convolution project4_;
  std::optional<Convolution> project2_;
  Convolution dense1_, dense2_;
};

}  // namespace cyto::nn
