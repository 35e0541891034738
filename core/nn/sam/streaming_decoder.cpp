#include "core/nn/sam/streaming_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "core/nn/parallel_tasks.h"
#include "core/nn/sam/streaming_weights.h"

namespace cyto::nn {

namespace {

constexpr int64_t kCellsPerTask = 4 * kCellsAtOnce;
constexpr float kNever = -1e30F;

using Values = std::vector<float>;

const float* data(const at::Tensor& tensor) { return tensor.const_data_ptr<float>(); }

std::vector<TokenLinear> packedLayers(const Perceptron& perceptron) {
  std::vector<TokenLinear> layers;
  for (const Linear& layer : perceptron.layers) layers.emplace_back(layer);
  return layers;
}

}  // namespace

struct StreamingDecoder::Packed {
  Packed(const DecoderLayers& layers, int64_t grid, const KernelSet& kernels)
      : kernels(kernels),
        grid(grid),
        channels(layers.outputTokens.size(1)),
        heads(layers.finalToImage.heads),
        inner(layers.finalToImage.query.weight.size(0) / heads),
        maskTokens(layers.maskTokens()),
        firstKeys(cellProjection(layers.twoWay[0].toImage.key, heads)),
        firstValues(cellProjection(layers.twoWay[0].toImage.value, heads)),
        firstQueries(cellProjection(layers.twoWay[0].toTokens.query, heads)),
        finalToImage(layers.finalToImage),
        finalNorm(layers.finalNorm),
        upscaleNorm(layers.upscaleNorm),
        upscale1(layers.upscale1),
        upscale2(layers.upscale2),
        iouHead(packedLayers(layers.iouHead)) {
    for (const TwoWayLayer& layer : layers.twoWay) twoWay.emplace_back(layer);
    for (const Perceptron& perceptron : layers.hypernetworks) hypernetworks.push_back(packedLayers(perceptron));
  }

  int64_t cells() const { return grid * grid; }
  int64_t tasks() const { return (cells() + kCellsPerTask - 1) / kCellsPerTask; }

  const KernelSet& kernels;
  int64_t grid, channels, heads, inner, maskTokens;
  PackedLinear firstKeys, firstValues, firstQueries;
  std::vector<StreamingLayer> twoWay;
  FoldedToImage finalToImage;
  LayerNorm finalNorm, upscaleNorm;
  TokenLinear upscale1, upscale2;
  std::vector<TokenLinear> iouHead;
  std::vector<std::vector<TokenLinear>> hypernetworks;

  // Buffers of runs that ended, for the next.
  std::mutex mutex;
  std::vector<std::unique_ptr<Run>> idle;
};

/// One prompt on its way through the decoder, with its buffers.
class StreamingDecoder::Run {
 public:
  explicit Run(const Packed& packed) : packed_(packed), kernels_(packed.kernels) {}

  /// Leaves the transformed tokens in `queries()` and the transformed cells in `cells()`.
  void transform(const ImageSide& image, const at::Tensor& tokens, bool withThreads);
  DecodedMasks masks(const Wanted& wanted);

  const Values& queries() const { return queries_; }
  const Values& cells() const { return cells_; }

 private:
  int64_t width() const { return packed_.inner * packed_.heads; }  // of projected tokens
  float scale() const { return 1 / std::sqrt(static_cast<float>(packed_.inner)); }

  Values linear(const TokenLinear& layer, const Values& x, bool withRelu = false) const;
  Values perceptron(const std::vector<TokenLinear>& layers, int64_t token) const;
  void addNorm(const float* delta, const LayerNorm& norm);
  Values located() const;
  Values ofHead(const Values& projected, int64_t head) const;

  void attendToThemselves(const StreamingLayer& layer, bool isFirst);
  Values attendToPreparedImage(const StreamingLayer& layer);
  Values passOverImage(const FoldedToImage& next, bool isFirst);
  void finishToImage(const Values& gathered, const TokenLinear& out, const LayerNorm& norm);
  void prepareToTokens(const StreamingLayer& layer, bool isFirst);
  Values lanesOf(const Values& projected) const;
  Values foldedPanels(const std::vector<TokenLinear>& heads, const Values& projected) const;

  template <class Work>
  void overCells(int64_t scratchSize, const Work& work);
  template <class Pass>
  LaneSums sumOverCells(int64_t weighted, bool isLaneMajor, const Pass& pass);
  void mergeSums(int64_t weighted, bool isLaneMajor);
  int64_t workers() const { return withThreads_ ? workersFor(packed_.tasks()) : 1; }
  LaneSums sumsOf(int64_t worker, int64_t weighted) {
    float* const start = sums_.data() + worker * (2 * lanes_ + weighted);
    return {start, start + lanes_, start + 2 * lanes_};
  }

  const Packed& packed_;
  const KernelSet& kernels_;
  const ImageSide* image_ = nullptr;
  bool withThreads_ = false;
  int64_t count_ = 0;  // tokens
  int64_t lanes_ = 0;
  Values tokens_, queries_;           // (T, C)
  Values keys_, constant_, updates_;  // of the pass to come, see ImagePass
  Values cells_, sums_, scratch_;
};

/// x (rows, in) to (rows, out).
Values StreamingDecoder::Run::linear(const TokenLinear& layer, const Values& x, bool withRelu) const {
  const RowsLinear view = layer.view();
  const auto rows = static_cast<int64_t>(x.size()) / view.in;
  Values out(static_cast<size_t>(rows * view.out));
  kernels_.linear(view, x.data(), rows, withRelu, out.data());
  return out;
}

Values StreamingDecoder::Run::perceptron(const std::vector<TokenLinear>& layers, int64_t token) const {
  const float* const from = queries_.data() + token * packed_.channels;
  Values x(from, from + packed_.channels);
  for (size_t i = 0; i < layers.size(); ++i) x = linear(layers[i], x, i + 1 < layers.size());
  return x;
}

void StreamingDecoder::Run::addNorm(const float* delta, const LayerNorm& norm) {
  const AddNorm work{queries_.data(),
                     delta,
                     data(norm.weight),
                     data(norm.bias),
                     queries_.data(),
                     packed_.channels,
                     static_cast<float>(norm.epsilon)};
  kernels_.addNorm(work, 0, count_);
}

/// Tokens with their positions, which are the tokens as they came.
Values StreamingDecoder::Run::located() const {
  Values sum = queries_;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += tokens_[i];
  return sum;
}

/// The columns of one head of projected tokens: (T, inner).
Values StreamingDecoder::Run::ofHead(const Values& projected, int64_t head) const {
  Values own(static_cast<size_t>(count_ * packed_.inner));
  for (int64_t token = 0; token < count_; ++token) {
    std::copy_n(projected.data() + token * width() + head * packed_.inner, packed_.inner,
                own.data() + token * packed_.inner);
  }
  return own;
}

void StreamingDecoder::Run::attendToThemselves(const StreamingLayer& layer, bool isFirst) {
  // The first layer replaces the tokens and adds no positions.
  const Values own = isFirst ? queries_ : located();
  const Values queries = linear(layer.selfQuery, own), keys = linear(layer.selfKey, own);
  const Values values = linear(layer.selfValue, queries_);
  const int64_t channels = packed_.channels, size = channels / packed_.heads;
  const float scaleOfSize = 1 / std::sqrt(static_cast<float>(size));
  Values gathered(queries_.size()), shares(static_cast<size_t>(count_));
  for (int64_t head = 0; head < packed_.heads; ++head) {
    for (int64_t query = 0; query < count_; ++query) {
      const float* const q = queries.data() + query * channels + head * size;
      float highest = kNever, total = 0;
      for (int64_t key = 0; key < count_; ++key) {
        const float* const k = keys.data() + key * channels + head * size;
        const float score = std::inner_product(q, q + size, k, 0.0F) * scaleOfSize;
        highest = std::max(highest, shares[static_cast<size_t>(key)] = score);
      }
      for (float& share : shares) total += share = std::exp(share - highest);
      float* const out = gathered.data() + query * channels + head * size;
      for (int64_t key = 0; key < count_; ++key) {
        const float share = shares[static_cast<size_t>(key)] / total;
        const float* const v = values.data() + key * channels + head * size;
        for (int64_t i = 0; i < size; ++i) out[i] += share * v[i];
      }
    }
  }
  Values attended = linear(layer.selfOut, gathered);
  if (!isFirst) return addNorm(attended.data(), layer.norm1);
  queries_ = std::move(attended);
  addNorm(nullptr, layer.norm1);
}

/// Runs work(begin, end, worker, scratch) over all cells, on the threads that this run may use.
template <class Work>
void StreamingDecoder::Run::overCells(int64_t scratchSize, const Work& work) {
  scratch_.resize(static_cast<size_t>(workers() * scratchSize));
  const auto task = [&](int64_t i, int64_t worker) {
    work(i * kCellsPerTask, std::min(packed_.cells(), (i + 1) * kCellsPerTask), worker,
         scratch_.data() + worker * scratchSize);
  };
  if (withThreads_) return runTasks(packed_.tasks(), task);
  for (int64_t i = 0; i < packed_.tasks(); ++i) task(i, 0);
}

/// Runs pass(begin, end, sums, scratch) over all cells and returns the sums of all threads together.
template <class Pass>
LaneSums StreamingDecoder::Run::sumOverCells(int64_t weighted, bool isLaneMajor, const Pass& pass) {
  sums_.assign(static_cast<size_t>(workers() * (2 * lanes_ + weighted)), 0);
  for (int64_t worker = 0; worker < workers(); ++worker) std::fill_n(sumsOf(worker, weighted).highest, lanes_, kNever);
  overCells(imageScratch(packed_.channels, lanes_), [&](int64_t begin, int64_t end, int64_t worker, float* scratch) {
    pass(begin, end, sumsOf(worker, weighted), scratch);
  });
  mergeSums(weighted, isLaneMajor);
  return sumsOf(0, weighted);
}

void StreamingDecoder::Run::mergeSums(int64_t weighted, bool isLaneMajor) {
  const LaneSums into = sumsOf(0, weighted);
  const int64_t values = weighted / lanes_;  // per lane
  for (int64_t worker = 1; worker < workers(); ++worker) {
    const LaneSums from = sumsOf(worker, weighted);
    for (int64_t lane = 0; lane < lanes_; ++lane) {
      const float highest = std::max(into.highest[lane], from.highest[lane]);
      const float mine = std::exp(into.highest[lane] - highest), theirs = std::exp(from.highest[lane] - highest);
      into.highest[lane] = highest;
      into.total[lane] = into.total[lane] * mine + from.total[lane] * theirs;
      const int64_t first = isLaneMajor ? lane * values : lane, step = isLaneMajor ? 1 : lanes_;
      for (int64_t i = 0; i < values; ++i) {
        float& sum = into.weighted[first + i * step];
        sum = sum * mine + from.weighted[first + i * step] * theirs;
      }
    }
  }
}

/// Projected tokens, scaled, as (inner, lanes).
Values StreamingDecoder::Run::lanesOf(const Values& projected) const {
  Values lanes(static_cast<size_t>(packed_.inner * lanes_));
  for (int64_t token = 0; token < count_; ++token) {
    for (int64_t head = 0; head < packed_.heads; ++head) {
      const float* const from = projected.data() + token * width() + head * packed_.inner;
      float* const to = lanes.data() + token * kLaneHeads + head;
      for (int64_t i = 0; i < packed_.inner; ++i) to[i * lanes_] = scale() * from[i];
    }
  }
  return lanes;
}

/// Projected tokens, scaled and taken into the space of the image: panels (channels, lanes).
Values StreamingDecoder::Run::foldedPanels(const std::vector<TokenLinear>& heads, const Values& projected) const {
  const int64_t channels = packed_.channels;
  Values panels(static_cast<size_t>(panelsFor(lanes_) * kPanelColumns * channels));
  for (int64_t head = 0; head < packed_.heads; ++head) {
    const Values folded = linear(heads[static_cast<size_t>(head)], ofHead(projected, head));
    for (int64_t token = 0; token < count_; ++token) {
      const int64_t lane = token * kLaneHeads + head;
      float* const column = panels.data() + lane / kPanelColumns * kPanelColumns * channels + lane % kPanelColumns;
      for (int64_t i = 0; i < channels; ++i) {
        column[i * kPanelColumns] = scale() * folded[static_cast<size_t>(token * channels + i)];
      }
    }
  }
  return panels;
}

/// What each head of each token gathers from the image, (T, heads * inner), by the projections kept with it.
Values StreamingDecoder::Run::attendToPreparedImage(const StreamingLayer& layer) {
  const int64_t inner = packed_.inner;
  const Values queries = lanesOf(linear(layer.toImage.query, located()));
  const ProjectedAttention work{data(image_->firstKeys), data(image_->firstValues), queries.data(), inner, lanes_};
  const LaneSums sums =
      sumOverCells(inner * lanes_, false, [&](int64_t begin, int64_t end, const LaneSums& own, float* scratch) {
        kernels_.attendProjected(work, begin, end, own, scratch);
      });
  Values gathered(static_cast<size_t>(count_ * width()));
  for (int64_t token = 0; token < count_; ++token) {
    for (int64_t head = 0; head < packed_.heads; ++head) {
      const int64_t lane = token * kLaneHeads + head;
      float* const to = gathered.data() + token * width() + head * inner;
      for (int64_t i = 0; i < inner; ++i) to[i] = sums.weighted[i * lanes_ + lane] / sums.total[lane];
    }
  }
  return gathered;
}

void StreamingDecoder::Run::finishToImage(const Values& gathered, const TokenLinear& out, const LayerNorm& norm) {
  addNorm(linear(out, gathered).data(), norm);
}

/// What the pass over the image needs of the tokens: keys, and what each head of each token adds to a cell.
void StreamingDecoder::Run::prepareToTokens(const StreamingLayer& layer, bool isFirst) {
  const int64_t channels = packed_.channels;
  const Values keys = linear(layer.toTokens.key, located()), values = linear(layer.toTokens.value, queries_);
  keys_ = isFirst ? lanesOf(keys) : foldedPanels(layer.toTokens.queries, keys);
  constant_.assign(static_cast<size_t>(lanes_), kNever);
  const int64_t rows = count_ * kLaneHeads;
  std::fill_n(constant_.begin(), rows, 0.0F);
  updates_.assign(static_cast<size_t>(rows * panelsFor(channels) * kPanelColumns), 0);
  for (int64_t head = 0; head < packed_.heads; ++head) {
    const Values added = linear(layer.toTokens.out[static_cast<size_t>(head)], ofHead(values, head));
    const float* const queryBias = data(layer.toTokens.queryBias) + head * packed_.inner;
    for (int64_t token = 0; token < count_; ++token) {
      const int64_t lane = token * kLaneHeads + head;
      if (!isFirst) {
        // Here the softmax is over the tokens, for which the query's bias makes a difference.
        const float* const key = keys.data() + token * width() + head * packed_.inner;
        constant_[static_cast<size_t>(lane)] = scale() * std::inner_product(key, key + packed_.inner, queryBias, 0.0F);
      }
      for (int64_t first = 0; first < channels; first += kPanelColumns) {
        std::copy_n(added.data() + token * channels + first, std::min(kPanelColumns, channels - first),
                    updates_.data() + first * rows + lane * kPanelColumns);
      }
    }
  }
}

/// The image attends to the tokens of the layer before, and the tokens gather from the new image for `next`, as
/// (T, heads * inner).
Values StreamingDecoder::Run::passOverImage(const FoldedToImage& next, bool isFirst) {
  const int64_t channels = packed_.channels;
  const StreamingLayer& layer = packed_.twoWay[isFirst ? 0 : 1];
  const Values nextQueries = foldedPanels(next.keys, linear(next.query, located()));
  cells_.resize(static_cast<size_t>(packed_.cells() * channels));
  ImagePass work;
  work.imageIn = isFirst ? data(image_->keys) : cells_.data();
  work.positions = data(image_->positions);
  work.imageOut = cells_.data();
  work.projectedQueries = isFirst ? data(image_->firstQueries) : nullptr;
  work.keys = keys_.data();
  work.constant = constant_.data();
  work.updates = updates_.data();
  work.updateBias = data(layer.toTokens.outBias);
  work.normWeight = data(layer.norm4.weight);
  work.normBias = data(layer.norm4.bias);
  work.epsilon = static_cast<float>(layer.norm4.epsilon);
  work.nextQueries = nextQueries.data();
  work.tokens = count_;
  work.inner = packed_.inner;
  work.lanes = lanes_;
  work.channels = channels;
  const LaneSums sums =
      sumOverCells(lanes_ * channels, true, [&](int64_t begin, int64_t end, const LaneSums& own, float* scratch) {
        kernels_.imagePass(work, begin, end, own, scratch);
      });
  Values gathered(static_cast<size_t>(count_ * width())), means(static_cast<size_t>(count_ * channels));
  for (int64_t head = 0; head < packed_.heads; ++head) {
    for (int64_t token = 0; token < count_; ++token) {
      const int64_t lane = token * kLaneHeads + head;
      std::transform(sums.weighted + lane * channels, sums.weighted + (lane + 1) * channels,
                     means.data() + token * channels, [&](float sum) { return sum / sums.total[lane]; });
    }
    const TokenLinear& value = next.values[static_cast<size_t>(head)];
    const Values values = linear(value, means);
    for (int64_t token = 0; token < count_; ++token) {
      std::copy_n(values.data() + token * value.out(), packed_.inner,
                  gathered.data() + token * width() + head * packed_.inner);
    }
  }
  return gathered;
}

void StreamingDecoder::Run::transform(const ImageSide& image, const at::Tensor& tokens, bool withThreads) {
  const at::Tensor own = tokens.to(at::kFloat).contiguous();
  image_ = &image;
  withThreads_ = withThreads;
  count_ = own.size(0);
  lanes_ = lanesFor(count_);
  tokens_.assign(data(own), data(own) + own.numel());
  queries_ = tokens_;
  for (const bool isFirst : {true, false}) {
    const StreamingLayer& layer = packed_.twoWay[isFirst ? 0 : 1];
    attendToThemselves(layer, isFirst);
    const Values gathered = isFirst ? attendToPreparedImage(layer) : passOverImage(layer.toImage, true);
    finishToImage(gathered, layer.toImage.out, layer.norm2);
    addNorm(linear(layer.contract, linear(layer.expand, queries_, true)).data(), layer.norm3);
    prepareToTokens(layer, isFirst);
  }
  finishToImage(passOverImage(packed_.finalToImage, false), packed_.finalToImage.out, packed_.finalNorm);
}

DecodedMasks StreamingDecoder::Run::masks(const Wanted& wanted) {
  const Values iou = perceptron(packed_.iouHead, 0);
  std::vector<int64_t> which = {0};
  if (wanted.selection != MaskSelection::kSingle) {
    which.clear();
    for (int64_t i = 1; i < packed_.maskTokens; ++i) which.push_back(i);
  }
  if (wanted.selection == MaskSelection::kBestAlternative) {
    // Predicted IoU needs the tokens only, so the mask is chosen before anything is upscaled.
    which = {std::max_element(iou.begin() + 1, iou.begin() + packed_.maskTokens) - iou.begin()};
  }
  if (wanted.minPredictedIou > 0) {
    std::erase_if(which, [&](int64_t i) { return !(iou[static_cast<size_t>(i)] > wanted.minPredictedIou); });
  }
  const int64_t eighth = packed_.channels / 8, side = 4 * packed_.grid, count = static_cast<int64_t>(which.size());
  DecodedMasks result{at::empty({1, count, side, side}), at::empty({1, count})};
  Values vectors;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t mask = which[static_cast<size_t>(i)];
    result.predictedIou.mutable_data_ptr<float>()[i] = iou[static_cast<size_t>(mask)];
    const Values vector = perceptron(packed_.hypernetworks[static_cast<size_t>(mask)], 1 + mask);
    vectors.insert(vectors.end(), vector.begin(), vector.begin() + eighth);
  }
  if (count == 0) return result;
  const Upscaling work{packed_.upscale1.view(),
                       packed_.upscale2.view(),
                       data(packed_.upscaleNorm.weight),
                       data(packed_.upscaleNorm.bias),
                       static_cast<float>(packed_.upscaleNorm.epsilon),
                       vectors.data(),
                       count,
                       packed_.grid,
                       result.logits.mutable_data_ptr<float>()};
  overCells(upscaleScratch(packed_.channels), [&](int64_t begin, int64_t end, int64_t, float* scratch) {
    kernels_.upscale(work, cells_.data(), begin, end, scratch);
  });
  return result;
}

StreamingDecoder::StreamingDecoder(std::unique_ptr<Packed> packed) : packed_(std::move(packed)) {}
StreamingDecoder::~StreamingDecoder() = default;

std::unique_ptr<StreamingDecoder> StreamingDecoder::create(const DecoderLayers& layers, int64_t grid) {
  const at::Tensor& tokens = layers.outputTokens;
  const int64_t channels = tokens.size(1);
  const bool fits = channels % 32 == 0 && layers.finalToImage.heads <= kLaneHeads && layers.twoWay.size() == 2 &&
                    layers.iouHead.layers[0].weight.size(0) % 16 == 0 && grid * grid % kCellsAtOnce == 0;
  const bool isPlain = tokens.is_cpu() && tokens.scalar_type() == at::kFloat && !c10::GradMode::is_enabled();
  const KernelSet* const set = fits && isPlain ? kernels() : nullptr;
  if (!set) return nullptr;
  return std::unique_ptr<StreamingDecoder>(new StreamingDecoder(std::make_unique<Packed>(layers, grid, *set)));
}

void StreamingDecoder::prepare(ImageSide& image) const {
  const at::Tensor keys = image.keys[0], located = keys + image.positions[0];
  image.firstKeys = packed_->firstKeys(located);
  image.firstValues = packed_->firstValues(keys);
  image.firstQueries = packed_->firstQueries(located);
}

DecodedMasks StreamingDecoder::operator()(const ImageSide& image, const at::Tensor& tokens, const Wanted& wanted,
                                          bool withThreads) const {
  std::unique_ptr<Run> run;
  {
    const std::lock_guard lock(packed_->mutex);
    if (!packed_->idle.empty()) {
      run = std::move(packed_->idle.back());
      packed_->idle.pop_back();
    }
  }
  if (!run) run = std::make_unique<Run>(*packed_);
  run->transform(image, tokens, withThreads);
  DecodedMasks result = run->masks(wanted);
  const std::lock_guard lock(packed_->mutex);
  packed_->idle.push_back(std::move(run));
  return result;
}

std::pair<at::Tensor, at::Tensor> StreamingDecoder::transform(const ImageSide& image, const at::Tensor& tokens) const {
  Run run(*packed_);
  run.transform(image, tokens, true);
  const auto asTensor = [&](const Values& values) {
    return at::tensor(at::ArrayRef<float>(values)).view({-1, packed_->channels});
  };
  return {asTensor(run.queries()), asTensor(run.cells())};
}

}  // namespace cyto::nn
