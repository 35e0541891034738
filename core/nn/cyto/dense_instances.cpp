#include "core/nn/cyto/dense_instances.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/nn/cyto/encoder.h"

namespace cyto::nn {

namespace {

constexpr int64_t kStride = 4;  // frame pixels per cell
constexpr float kOffsetUnit_cells = static_cast<float>(kOffsetUnit) / static_cast<float>(kStride);

float probability(float logit) { return 1 / (1 + std::exp(-logit)); }

class DenseInstanceDecoder : public InstanceDecoder {
 public:
  explicit DenseInstanceDecoder(std::string modelName) : modelName_(std::move(modelName)) {}

  Result<InstanceMaps> decode(const Embedding& embedding, const JobContext& job) override {
    CYTO_TRY(job.cancel.check());
    const auto found = std::find_if(embedding.maps.begin(), embedding.maps.end(),
                                    [](const FeatureMap& map) { return map.name == "dense"; });
    if (found == embedding.maps.end() || found->channels != DenseChannels::kCount ||
        static_cast<int64_t>(found->values.size()) != found->channels * found->rows * found->columns) {
      return Error(ErrorCode::kModel, "the embedding was not made by " + modelName_ + "; compute it again");
    }
    return InstanceMaps(toCentroidMaps(*found, embedding));
  }

 private:
  static CentroidMaps toCentroidMaps(const FeatureMap& dense, const Embedding& embedding) {
    CentroidMaps maps;
    const auto cells = [](int64_t pixels, int64_t most) { return std::min((pixels + kStride - 1) / kStride, most); };
    maps.grid = {cells(embedding.inputSize.y, dense.rows), cells(embedding.inputSize.x, dense.columns)};
    maps.imageSize = embedding.originalSize;
    const auto imagePerFrame = [](int64_t image, int64_t input) {
      return static_cast<double>(image) / static_cast<double>(input);
    };
    maps.cellHeight = kStride * imagePerFrame(embedding.originalSize.y, embedding.inputSize.y);
    maps.cellWidth = kStride * imagePerFrame(embedding.originalSize.x, embedding.inputSize.x);
    const auto channel = [&](int64_t index, auto convert) {
      std::vector<float> values;
      values.reserve(static_cast<size_t>(maps.grid.y * maps.grid.x));
      const float* row = dense.values.data() + index * dense.rows * dense.columns;
      for (int64_t y = 0; y < maps.grid.y; ++y, row += dense.columns) {
        for (int64_t x = 0; x < maps.grid.x; ++x) values.push_back(convert(row[x], y, x));
      }
      return values;
    };
    maps.foreground = channel(DenseChannels::kForeground, [](float v, auto, auto) { return probability(v); });
    maps.boundary = channel(DenseChannels::kBoundary, [](float v, auto, auto) { return probability(v); });
    maps.centroidY = channel(DenseChannels::kOffsetY,
                             [](float v, int64_t y, auto) { return static_cast<float>(y) + v * kOffsetUnit_cells; });
    maps.centroidX = channel(DenseChannels::kOffsetX,
                             [](float v, auto, int64_t x) { return static_cast<float>(x) + v * kOffsetUnit_cells; });
    const auto sizeUnit = static_cast<float>(std::log2(kSizeUnit / static_cast<double>(kStride)));
    maps.logSize = channel(DenseChannels::kLogSize, [&](float v, auto, auto) { return v + sizeUnit; });
    return maps;
  }

  std::string modelName_;
};

}  // namespace

std::unique_ptr<InstanceDecoder> makeDenseInstanceDecoder(std::string modelName) {
  return std::make_unique<DenseInstanceDecoder>(std::move(modelName));
}

}  // namespace cyto::nn
