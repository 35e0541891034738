#include "core/nn/sam/mask_decoder.h"

#include <ATen/ATen.h>

namespace cyto::nn {

MaskDecoder::MaskDecoder(const SamConfiguration& configuration, WeightTable& table)
    : grid_(configuration.grid()),
      layers_(configuration, table),
      streaming_(StreamingDecoder::create(layers_, configuration.grid())) {}

ImageSide MaskDecoder::prepare(const at::Tensor& embedding, const at::Tensor& positions) const {
  ImageSide image;
  image.keys = embedding.flatten(2).transpose(1, 2).contiguous();
  image.positions = positions.flatten(2).transpose(1, 2).contiguous();
  if (streaming_ && embedding.size(0) == 1) streaming_->prepare(image);
  return image;
}

std::pair<at::Tensor, at::Tensor> MaskDecoder::transform(const ImageSide& image, const at::Tensor& tokens) const {
  at::Tensor queries = tokens;
  at::Tensor keys = image.keys;
  at::Tensor located = keys + image.positions;
  for (size_t i = 0; i < layers_.twoWay.size(); ++i) {
    const TwoWayLayer& layer = layers_.twoWay[i];
    // The first layer replaces the tokens and adds no positions.
    const at::Tensor own = i == 0 ? queries : queries + tokens;
    const at::Tensor attended = layer.self(own, own, queries);
    queries = layer.norm1(i == 0 ? attended : queries + attended);
    queries = layer.norm2(queries + layer.toImage(queries + tokens, located, keys));
    queries = layer.norm3(queries + layer.contract(at::relu(layer.expand(queries))));
    keys = layer.norm4(keys + layer.toTokens(located, queries + tokens, queries));
    located = keys + image.positions;
  }
  return {layers_.finalNorm(queries + layers_.finalToImage(queries + tokens, located, keys)), keys};
}

at::Tensor MaskDecoder::masksOf(const at::Tensor& keys, const at::Tensor& maskTokens,
                                const std::vector<int64_t>& which) const {
  const int64_t batch = keys.size(0);
  const int64_t cells = keys.size(1);
  std::vector<at::Tensor> vectors;
  for (const int64_t i : which)
    vectors.push_back(layers_.hypernetworks[static_cast<size_t>(i)](maskTokens.select(1, i)));
  const at::Tensor hyper = at::stack(vectors, 2);  // (B, C/8, M)
  const at::Tensor children = layers_.upscale1(keys).view({batch, cells * 4, -1});
  const at::Tensor normed = at::gelu(layers_.upscaleNorm(children));
  const at::Tensor grandchildren = at::gelu(layers_.upscale2(normed)).view({batch, cells * 16, -1});
  const int64_t masks = hyper.size(2);
  // (row, column of the cell), (row, column of the child), (row, column of the grandchild) to pixels
  return at::matmul(grandchildren, hyper)
      .view({batch, grid_, grid_, 2, 2, 2, 2, masks})
      .permute({0, 7, 1, 3, 5, 2, 4, 6})
      .reshape({batch, masks, 4 * grid_, 4 * grid_});
}

DecodedMasks MaskDecoder::operator()(const ImageSide& image, const at::Tensor& sparse, MaskSelection selection) const {
  const int64_t batch = sparse.size(0);
  const at::Tensor tokens = at::cat({layers_.outputTokens.unsqueeze(0).expand({batch, -1, -1}), sparse}, 1);
  if (batch == 1 && canStream(image)) return (*streaming_)(image, tokens[0], {selection, 0}, true);
  const auto [queries, keys] = transform(image, tokens);
  const int64_t count = layers_.maskTokens();
  const at::Tensor iou = layers_.iouHead(queries.select(1, 0));  // (B, mask tokens)
  const at::Tensor maskTokens = queries.narrow(1, 1, count);
  if (selection == MaskSelection::kSingle) return {masksOf(keys, maskTokens, {0}), iou.narrow(1, 0, 1)};
  if (selection == MaskSelection::kBestAlternative && batch == 1) {
    // Predicted IoU needs the tokens only, so the mask is chosen before anything is upscaled.
    const int64_t best = 1 + iou.narrow(1, 1, count - 1).argmax().item<int64_t>();
    return {masksOf(keys, maskTokens, {best}), iou.narrow(1, best, 1)};
  }
  std::vector<int64_t> alternatives;
  for (int64_t i = 1; i < count; ++i) alternatives.push_back(i);
  return {masksOf(keys, maskTokens, alternatives), iou.narrow(1, 1, count - 1)};
}

DecodedMasks MaskDecoder::alternatives(const ImageSide& image, const at::Tensor& sparse, float minPredictedIou) const {
  const at::Tensor tokens = at::cat({layers_.outputTokens, sparse[0]});
  return (*streaming_)(image, tokens, {MaskSelection::kAllAlternatives, minPredictedIou}, false);
}

}  // namespace cyto::nn
