#pragma once

#include <functional>
#include <optional>

#include "core/nn/cyto/layers.h"
#include "core/nn/promptable_model.h"

namespace cyto::nn {

/// What the decoder needs of an image, whatever the prompt is: its projections of the feature maps, each (1, C, H, W)
/// and sampled as the map is.
struct ImageProjections {
  at::Tensor at16, at8, at4;
  at::Tensor at2;    ///< undefined for weights without edges at stride 2
  at::Tensor code;   ///< (1, kCodeChannels, S/4, S/4)
  at::Tensor dense;  ///< (1, DenseChannels::kCount, S/4, S/4), fp32

  /// With every map replaced by what `change` makes of it.
  ImageProjections mapped(const std::function<at::Tensor(const at::Tensor&)>& change) const;
};

/// Mask decoder of cyto-small: a small U-Net that reads the prompt maps and adds the feature maps of the
/// encoder. Most of it works at strides 8 and 16; strides 4 and 2, where the cost lies, have two thin layers each.
/// Those at stride 2 correct the edges, which decide the IoU of objects of a dozen pixels; weights of the first version
/// lack them, and masks are at stride 4 then. It runs once per prompt, in the type of the feature maps.
class CytoDecoder {
 public:
  static constexpr int64_t kMasks = 3;

  explicit CytoDecoder(WeightSource& source);

  ImageProjections project(const Features& ofOneImage) const;
  /// All alternatives; the first is also the answer where one mask is asked for.
  DecodedMasks operator()(const ImageProjections& image, const PromptTensors& prompts) const;

 private:
  at::Tensor predictIou(const at::Tensor& logits, const at::Tensor& at8, const at::Tensor& at16) const;

  /// What corrects the edges at stride 2.
  struct Edges {
    Upsampling up;
    Convolution image, refine, head;
  };

  Convolution in8_, in4_, image4_, image8_, image16_;
  ChannelNorm norm8_, norm16_, normUp8_;
  Convolution down16_;
  std::vector<ResidualBlock> blocks8_, blocks16_, top8_;
  Upsampling up8_, up4_;
  Convolution refine_, head_;
  std::optional<Edges> edges_;
  Convolution iou1_, iou2_;
};

}  // namespace cyto::nn
