#include "core/nn/cyto/encoder.h"

#include <ATen/ATen.h>

namespace cyto::nn {

namespace {

constexpr int64_t kStem = 24;
constexpr int64_t kWidth4 = 48;
constexpr int64_t kWidth8 = 96;
constexpr int64_t kWidth16 = 160;
constexpr int64_t kWidth32 = 192;
constexpr int64_t kDenseWidth = 32;

}  // namespace

CytoEncoder::Stage CytoEncoder::stage(WeightSource& source, const std::string& name, int64_t in, int64_t out,
                                      int count) {
  Stage stage;
  stage.norm = ChannelNorm(source, name + ".norm", in);
  stage.down = Convolution(source, name + ".down", in, out, 2, 2, 1.0);
  stage.blocks = residualBlocks(source, name + ".blocks", out, count);
  return stage;
}

CytoEncoder::CytoEncoder(WeightSource& source)
    // Random biases: the zeros around an image must not stay zero, where the norms are steepest.
    : stem1_(source, "cyto.encoder.stem.0", 3, kStem, 3, 2, 2.0, 0.25),
      stem2_(source, "cyto.encoder.stem.1", kStem, kWidth4, 3, 2, 2.0, 0.25),
      stemNorm_(source, "cyto.encoder.stem.norm", kWidth4),
      stage4_(residualBlocks(source, "cyto.encoder.stage4", kWidth4, 2)),
      stage8_(stage(source, "cyto.encoder.stage8", kWidth4, kWidth8, 3)),
      stage16_(stage(source, "cyto.encoder.stage16", kWidth8, kWidth16, 4)),
      stage32_(stage(source, "cyto.encoder.stage32", kWidth16, kWidth32, 3)),
      topNorm_(source, "cyto.encoder.top.norm", kWidth32),
      up16_(source, "cyto.encoder.up16", kWidth32, kFeatures),
      up8_(source, "cyto.encoder.up8", kFeatures, kHighRes8),
      up4_(source, "cyto.encoder.up4", kHighRes8, kWidth4),
      lateral16_(source, "cyto.encoder.lateral16", kWidth16, kFeatures, 1, 1, 1.0),
      lateral8_(source, "cyto.encoder.lateral8", kWidth8, kHighRes8, 1, 1, 1.0),
      lateral4_(source, "cyto.encoder.lateral4", kWidth4, kWidth4, 1, 1, 1.0),
      top16_(residualBlocks(source, "cyto.encoder.top16", kFeatures, 1)),
      top8_(residualBlocks(source, "cyto.encoder.top8", kHighRes8, 1)),
      top4_(residualBlocks(source, "cyto.encoder.top4", kWidth4, 1)),
      norm16_(source, "cyto.encoder.norm16", kFeatures),
      norm8_(source, "cyto.encoder.norm8", kHighRes8),
      norm4_(source, "cyto.encoder.norm4", kWidth4),
      project4_(source, "cyto.encoder.project4", kWidth4, kHighRes4 + kCodeChannels, 1, 1, 1.0),
      dense1_(source, "cyto.encoder.dense.0", kWidth4, kDenseWidth, 3),
      dense2_(source, "cyto.encoder.dense.1", kDenseWidth, DenseChannels::kCount, 1, 1, 0.1) {
  if (source.provides("cyto.encoder.project2.weight")) {
    project2_ = Convolution(source, "cyto.encoder.project2", kStem, kHighRes2, 1, 1, 1.0);
  }
}

Features CytoEncoder::operator()(const at::Tensor& frames, const BetweenSteps& betweenSteps) const {
  pause(betweenSteps);
  const at::Tensor x = frames.contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor at2 = at::relu(stem1_(x));
  pause(betweenSteps);
  const at::Tensor at4 = applyBlocks(stage4_, stemNorm_(stem2_(at2)));
  const auto run = [](const Stage& stage, const at::Tensor& in) {
    return applyBlocks(stage.blocks, stage.down(stage.norm(in)));
  };
  pause(betweenSteps);
  const at::Tensor at8 = run(stage8_, at4);
  pause(betweenSteps);
  const at::Tensor at16 = run(stage16_, at8);
  pause(betweenSteps);
  const at::Tensor at32 = run(stage32_, at16);
  pause(betweenSteps);
  const at::Tensor top16 = applyBlocks(top16_, lateral16_(at16) + up16_(topNorm_(at32)));
  const at::Tensor features = norm16_(top16);
  pause(betweenSteps);
  const at::Tensor top8 = applyBlocks(top8_, lateral8_(at8) + up8_(features));
  const at::Tensor high8 = norm8_(top8);
  pause(betweenSteps);
  const at::Tensor top4 = applyBlocks(top4_, lateral4_(at4) + up4_(high8));
  const at::Tensor high4 = norm4_(top4);
  pause(betweenSteps);
  const at::Tensor dense = dense2_(at::relu(dense1_(high4))).to(at::kFloat);
  Features maps = {features, high8, project4_(high4)};
  if (project2_) maps.push_back((*project2_)(at2));
  maps.push_back(dense);
  return maps;
}

}  // namespace cyto::nn
