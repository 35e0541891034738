#include "core/nn/cyto/decoder.h"

#include <ATen/ATen.h>

#include "core/nn/cyto/encoder.h"
#include "core/nn/cyto/prompt_maps.h"

namespace cyto::nn {

namespace {

constexpr int64_t kWidth2 = 12;
constexpr int64_t kWidth4 = 24;
constexpr int64_t kWidth8 = 48;
constexpr int64_t kWidth16 = 96;
constexpr int64_t kIouWidth = 64;
constexpr int64_t kIouStatistics = 2;

}  // namespace

ImageProjections ImageProjections::mapped(const std::function<at::Tensor(const at::Tensor&)>& change) const {
  return {change(at16), change(at8), change(at4), at2.defined() ? change(at2) : at2, change(code), change(dense)};
}

CytoDecoder::CytoDecoder(WeightSource& source)
    : in8_(source, "cyto.decoder.in8", kPromptMaps, kWidth8, 2, 2),
      in4_(source, "cyto.decoder.in4", kPromptMaps, kWidth4, 1, 1, 1.0),
      image4_(source, "cyto.decoder.image4", CytoEncoder::kHighRes4 + kCodeChannels, kWidth4, 1, 1, 1.0),
      image8_(source, "cyto.decoder.image8", CytoEncoder::kHighRes8, kWidth8, 1, 1, 1.0),
      image16_(source, "cyto.decoder.image16", CytoEncoder::kFeatures, kWidth16, 1, 1, 1.0),
      norm8_(source, "cyto.decoder.norm8", kWidth8),
      norm16_(source, "cyto.decoder.norm16", kWidth16),
      normUp8_(source, "cyto.decoder.normUp8", kWidth8),
      down16_(source, "cyto.decoder.down16", kWidth8, kWidth16, 2, 2, 1.0),
      blocks8_(residualBlocks(source, "cyto.decoder.blocks8", kWidth8, 1)),
      blocks16_(residualBlocks(source, "cyto.decoder.blocks16", kWidth16, 2)),
      top8_(residualBlocks(source, "cyto.decoder.top8", kWidth8, 1)),
      up8_(source, "cyto.decoder.up8", kWidth16, kWidth8),
      up4_(source, "cyto.decoder.up4", kWidth8, kWidth4),
      refine_(source, "cyto.decoder.refine", kWidth4, kWidth4, 3),
      head_(source, "cyto.decoder.head", kWidth4, kMasks, 3, 1, 0.2),
      iou1_(source, "cyto.decoder.iou.0", kWidth8 + kWidth16 + kIouStatistics, kIouWidth, 1),
      iou2_(source, "cyto.decoder.iou.1", kIouWidth, 1, 1, 1, 0.1) {
  if (!source.provides("cyto.decoder.edges.head.weight")) return;
  edges_ = Edges{Upsampling(source, "cyto.decoder.edges.up", kWidth4, kWidth2),
                 Convolution(source, "cyto.decoder.edges.image", CytoEncoder::kHighRes2, kWidth2, 1, 1, 1.0),
                 Convolution(source, "cyto.decoder.edges.refine", kWidth2, kWidth2, 3),
                 Convolution(source, "cyto.decoder.edges.head", kWidth2, kMasks, 3, 1, 0.01)};
}

ImageProjections CytoDecoder::project(const Features& ofOneImage) const {
  const at::Tensor& high4 = ofOneImage.at(2);
  ImageProjections image;
  image.at16 = image16_.pointwise(ofOneImage.at(0));
  image.at8 = image8_.pointwise(ofOneImage.at(1));
  image.at4 = image4_.pointwise(high4);
  if (edges_) image.at2 = edges_->image.pointwise(ofOneImage.at(3));
  image.code = high4.slice(1, CytoEncoder::kHighRes4, CytoEncoder::kHighRes4 + kCodeChannels);
  image.dense = ofOneImage.back();
  return image;
}

DecodedMasks CytoDecoder::operator()(const ImageProjections& image, const PromptTensors& prompts) const {
  const at::Tensor maps = drawPromptMaps(image.dense, image.code, prompts).to(image.at4.scalar_type());
  const at::Tensor at8 = applyBlocks(blocks8_, in8_(maps) + image.at8);
  const at::Tensor at16 = applyBlocks(blocks16_, down16_(norm8_(at8)) + image.at16);
  const at::Tensor up8 = applyBlocks(top8_, at8 + up8_(norm16_(at16)));
  const at::Tensor up4 = in4_(maps) + image.at4 + up4_(normUp8_(up8));
  const at::Tensor refined4 = at::relu(refine_(at::relu(up4)));
  at::Tensor logits = head_(refined4).to(at::kFloat);
  if (edges_) {
    const at::Tensor up2 = at::relu(edges_->up(refined4) + image.at2);
    const at::Tensor edges = edges_->head(at::relu(edges_->refine(up2))).to(at::kFloat);
    logits = at::upsample_bilinear2d(logits, {edges.size(2), edges.size(3)}, false) + edges;
  }
  return {logits.contiguous(), predictIou(logits, up8, at16)};
}

at::Tensor CytoDecoder::predictIou(const at::Tensor& logits, const at::Tensor& at8, const at::Tensor& at16) const {
  const at::Tensor probability = logits.detach().sigmoid();
  const int64_t step = logits.size(2) / at8.size(2);
  const at::Tensor weights = at::avg_pool2d(probability, {step, step}).flatten(2);  // (B, M, HW) at stride 8
  const at::Tensor area = weights.sum(-1, true).clamp_min(1);
  const at::Tensor inside = at::matmul(weights, at8.to(at::kFloat).flatten(2).transpose(1, 2)) / area;  // (B, M, C)
  const at::Tensor around = at16.to(at::kFloat).mean({2, 3}).unsqueeze(1).expand({-1, kMasks, -1});
  const at::Tensor doubt = (probability * (1 - probability)).sum({2, 3}).unsqueeze(-1).div(step * step * area);
  const at::Tensor pooled = at::cat({inside, around, doubt, area.log().mul(0.1)}, 2);
  const at::Tensor columns = pooled.transpose(1, 2).unsqueeze(-1);  // (B, C, M, 1): masks as pixels
  return iou2_(at::relu(iou1_(columns))).sigmoid().squeeze(-1).squeeze(1);
}

}  // namespace cyto::nn
