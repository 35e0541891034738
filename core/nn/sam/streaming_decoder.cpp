#include "core/nn/sam/streaming_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <mutex>

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
  void linear(const TokenLinear& layer, const Values& x, Values& out, bool withRelu = false, int64_t rows = 0) {
    if (rows == 0) rows = count_;
    out.resize(static_cast<size_t>(rows * layer.out()));
    kernels_.linear(layer.view(), x.data(), rows, withRelu, out.data());
  }
  Values perceptron(const std::vector<TokenLinear>& layers, int64_t token);
  void addNorm(const float* delta, const LayerNorm& norm);
  void locate();
  void attendToThemselves(const StreamingLayer& layer, bool isFirst);
  void attendToPreparedImage(const StreamingLayer& layer);
  void prepareToTokens(const StreamingLayer& layer, bool isFirst);
  void passOverImage(const FoldedToImage& next, bool isFirst);
  void finishToImage(const TokenLinear& out, const LayerNorm& norm);
  void foldHeads(const std::vector<TokenLinear>& heads, const Values& projected, float scale, Values& panels);

  template <class Pass>
  LaneSums sumOverCells(int64_t weighted, bool isLaneMajor, const Pass& pass);
  void mergeSums(int64_t weighted, bool isLaneMajor, int64_t workers);
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
  Values tokens_, queries_, located_;          // (T, C)
  Values a_, b_, c_, heads_, headTokens_;      // short-lived
  Values keys_, constant_, updates_, folded_;  // of the pass to come, see ImagePass
  Values cells_, sums_, scratch_;
};

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
void StreamingDecoder::Run::locate() {
  located_.resize(queries_.size());
  for (size_t i = 0; i < queries_.size(); ++i) located_[i] = queries_[i] + tokens_[i];
}

void StreamingDecoder::Run::attendToThemselves(const StreamingLayer& layer, bool isFirst) {
  // The first layer replaces the tokens and adds no positions.
  if (!isFirst) locate();
  const Values& own = isFirst ? queries_ : located_;
  linear(layer.selfQuery, own, a_);
  linear(layer.selfKey, own, b_);
  linear(layer.selfValue, queries_, c_);
  const int64_t channels = packed_.channels, size = channels / packed_.heads;
  const float scale = 1 / std::sqrt(static_cast<float>(size));
  heads_.assign(static_cast<size_t>(count_ * channels), 0);
  Values shares(static_cast<size_t>(count_));
  for (int64_t head = 0; head < packed_.heads; ++head) {
    for (int64_t query = 0; query < count_; ++query) {
      const float* const q = a_.data() + query * channels + head * size;
      float highest = kNever, total = 0;
      for (int64_t key = 0; key < count_; ++key) {
        const float* const k = b_.data() + key * channels + head * size;
        float sum = 0;
        for (int64_t i = 0; i < size; ++i) sum += q[i] * k[i];
        highest = std::max(highest, shares[static_cast<size_t>(key)] = sum * scale);
      }
      for (float& share : shares) total += share = std::exp(share - highest);
      float* const out = heads_.data() + query * channels + head * size;
      for (int64_t key = 0; key < count_; ++key) {
        const float share = shares[static_cast<size_t>(key)] / total;
        const float* const v = c_.data() + key * channels + head * size;
        for (int64_t i = 0; i < size; ++i) out[i] += share * v[i];
      }
    }
  }
  linear(layer.selfOut, heads_, a_);
  if (isFirst) queries_ = a_;
  addNorm(isFirst ? nullptr : a_.data(), layer.norm1);
}

/// Runs pass(begin, end, sums, scratch) over all cells and returns the sums of all threads together.
template <class Pass>
LaneSums StreamingDecoder::Run::sumOverCells(int64_t weighted, bool isLaneMajor, const Pass& pass) {
  const int64_t cells = packed_.grid * packed_.grid;
  const int64_t tasks = (cells + kCellsPerTask - 1) / kCellsPerTask;
  const int64_t workers = withThreads_ ? workersFor(tasks) : 1;
  const int64_t scratch = imageScratch(packed_.channels, lanes_);
  sums_.assign(static_cast<size_t>(workers * (2 * lanes_ + weighted)), 0);
  scratch_.resize(static_cast<size_t>(workers * scratch));
  for (int64_t worker = 0; worker < workers; ++worker) std::fill_n(sumsOf(worker, weighted).highest, lanes_, kNever);
  const auto task = [&](int64_t i, int64_t worker) {
    pass(i * kCellsPerTask, std::min(cells, (i + 1) * kCellsPerTask), sumsOf(worker, weighted),
         scratch_.data() + worker * scratch);
  };
  if (workers > 1) {
    runTasks(tasks, task);
  } else {
    for (int64_t i = 0; i < tasks; ++i) task(i, 0);
  }
  mergeSums(weighted, isLaneMajor, workers);
  return sumsOf(0, weighted);
}

void StreamingDecoder::Run::mergeSums(int64_t weighted, bool isLaneMajor, int64_t workers) {
  const LaneSums into = sumsOf(0, weighted);
  const int64_t values = weighted / lanes_;  // per lane
  for (int64_t worker = 1; worker < workers; ++worker) {
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

void StreamingDecoder::Run::attendToPreparedImage(const StreamingLayer& layer) {
  const int64_t inner = packed_.inner, width = inner * packed_.heads;
  const float scale = 1 / std::sqrt(static_cast<float>(inner));
  locate();
  linear(layer.toImage.query, located_, a_);
  b_.assign(static_cast<size_t>(inner * lanes_), 0);
  for (int64_t token = 0; token < count_; ++token) {
    for (int64_t head = 0; head < packed_.heads; ++head) {
      for (int64_t i = 0; i < inner; ++i) {
        b_[static_cast<size_t>(i * lanes_ + token * kLaneHeads + head)] =
            scale * a_[static_cast<size_t>(token * width + head * inner + i)];
      }
    }
  }
  const ProjectedAttention work{data(image_->firstKeys), data(image_->firstValues), b_.data(), inner, lanes_};
  const LaneSums sums =
      sumOverCells(inner * lanes_, false, [&](int64_t begin, int64_t end, const LaneSums& own, float* scratch) {
        kernels_.attendProjected(work, begin, end, own, scratch);
      });
  heads_.resize(static_cast<size_t>(count_ * width));
  for (int64_t token = 0; token < count_; ++token) {
    for (int64_t head = 0; head < packed_.heads; ++head) {
      const int64_t lane = token * kLaneHeads + head;
      for (int64_t i = 0; i < inner; ++i) {
        heads_[static_cast<size_t>(token * width + head * inner + i)] =
            sums.weighted[i * lanes_ + lane] / sums.total[lane];
      }
    }
  }
}

/// `heads_` holds what each head gathered from the image.
void StreamingDecoder::Run::finishToImage(const TokenLinear& out, const LayerNorm& norm) {
  linear(out, heads_, a_);
  addNorm(a_.data(), norm);
}

/// Takes projected tokens (T, heads * inner) into the space of the image: panels (channels, lanes).
void StreamingDecoder::Run::foldHeads(const std::vector<TokenLinear>& heads, const Values& projected, float scale,
                                      Values& panels) {
  const int64_t inner = packed_.inner, width = inner * packed_.heads, channels = packed_.channels;
  panels.assign(static_cast<size_t>((lanes_ + kPanelColumns - 1) / kPanelColumns * kPanelColumns * channels), 0);
  headTokens_.resize(static_cast<size_t>(count_ * inner));
  for (int64_t head = 0; head < packed_.heads; ++head) {
    for (int64_t token = 0; token < count_; ++token) {
      for (int64_t i = 0; i < inner; ++i) {
        headTokens_[static_cast<size_t>(token * inner + i)] =
            scale * projected[static_cast<size_t>(token * width + head * inner + i)];
      }
    }
    linear(heads[static_cast<size_t>(head)], headTokens_, c_);
    for (int64_t token = 0; token < count_; ++token) {
      const int64_t lane = token * kLaneHeads + head;
      float* const column = panels.data() + lane / kPanelColumns * kPanelColumns * channels + lane % kPanelColumns;
      for (int64_t i = 0; i < channels; ++i) {
        column[i * kPanelColumns] = c_[static_cast<size_t>(token * channels + i)];
      }
    }
  }
}

/// What the pass over the image needs of the tokens: keys, and what each head of each token adds to a cell.
void StreamingDecoder::Run::prepareToTokens(const StreamingLayer& layer, bool isFirst) {
  const int64_t inner = packed_.inner, width = inner * packed_.heads, channels = packed_.channels;
  const float scale = 1 / std::sqrt(static_cast<float>(inner));
  locate();
  linear(layer.toTokens.key, located_, a_);
  linear(layer.toTokens.value, queries_, b_);
  constant_.assign(static_cast<size_t>(lanes_), 0);
  std::fill(constant_.begin() + count_ * kLaneHeads, constant_.end(), kNever);
  if (isFirst) {
    keys_.assign(static_cast<size_t>(inner * lanes_), 0);
  } else {
    foldHeads(layer.toTokens.queries, a_, scale, keys_);
  }
  const float* const queryBias = data(layer.toTokens.queryBias);
  for (int64_t token = 0; token < count_; ++token) {
    for (int64_t head = 0; head < packed_.heads; ++head) {
      const auto lane = static_cast<size_t>(token * kLaneHeads + head);
      for (int64_t i = 0; i < inner; ++i) {
        const float key = scale * a_[static_cast<size_t>(token * width + head * inner + i)];
        if (isFirst) keys_[static_cast<size_t>(i * lanes_) + lane] = key;
        // Here the softmax is over the tokens, for which the query's bias makes a difference.
        if (!isFirst) constant_[lane] += key * queryBias[head * inner + i];
      }
    }
  }
  const int64_t panels = (channels + kPanelColumns - 1) / kPanelColumns, rows = count_ * kLaneHeads;
  updates_.assign(static_cast<size_t>(rows * panels * kPanelColumns), 0);
  headTokens_.resize(static_cast<size_t>(count_ * inner));
  for (int64_t head = 0; head < packed_.heads; ++head) {
    for (int64_t token = 0; token < count_; ++token) {
      std::copy_n(b_.data() + token * width + head * inner, inner, headTokens_.data() + token * inner);
    }
    linear(layer.toTokens.out[static_cast<size_t>(head)], headTokens_, c_);
    for (int64_t token = 0; token < count_; ++token) {
      for (int64_t panel = 0; panel < panels; ++panel) {
        const int64_t first = panel * kPanelColumns;
        std::copy_n(c_.data() + token * channels + first, std::min(kPanelColumns, channels - first),
                    updates_.data() + (panel * rows + token * kLaneHeads + head) * kPanelColumns);
      }
    }
  }
}

/// The image attends to the tokens of the layer before, and the tokens gather from the new image for `next`.
void StreamingDecoder::Run::passOverImage(const FoldedToImage& next, bool isFirst) {
  const int64_t inner = packed_.inner, channels = packed_.channels, width = inner * packed_.heads;
  const StreamingLayer& layer = packed_.twoWay[isFirst ? 0 : 1];
  locate();
  linear(next.query, located_, a_);
  foldHeads(next.keys, a_, 1 / std::sqrt(static_cast<float>(inner)), folded_);
  cells_.resize(static_cast<size_t>(packed_.grid * packed_.grid * channels));
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
  work.nextQueries = folded_.data();
  work.tokens = count_;
  work.inner = inner;
  work.lanes = lanes_;
  work.channels = channels;
  const LaneSums sums =
      sumOverCells(lanes_ * channels, true, [&](int64_t begin, int64_t end, const LaneSums& own, float* scratch) {
        kernels_.imagePass(work, begin, end, own, scratch);
      });
  heads_.resize(static_cast<size_t>(count_ * width));
  b_.resize(static_cast<size_t>(count_ * channels));
  for (int64_t head = 0; head < packed_.heads; ++head) {
    for (int64_t token = 0; token < count_; ++token) {
      const int64_t lane = token * kLaneHeads + head;
      const float scale = 1 / sums.total[lane];
      for (int64_t i = 0; i < channels; ++i) {
        b_[static_cast<size_t>(token * channels + i)] = scale * sums.weighted[lane * channels + i];
      }
    }
    const TokenLinear& value = next.values[static_cast<size_t>(head)];
    linear(value, b_, c_);
    for (int64_t token = 0; token < count_; ++token) {
      std::copy_n(c_.data() + token * value.out(), inner, heads_.data() + token * width + head * inner);
    }
  }
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
    if (isFirst) {
      attendToPreparedImage(layer);
    } else {
      passOverImage(layer.toImage, true);
    }
    finishToImage(layer.toImage.out, layer.norm2);
    linear(layer.expand, queries_, a_, true);
    linear(layer.contract, a_, b_);
    addNorm(b_.data(), layer.norm3);
    prepareToTokens(layer, isFirst);
  }
  passOverImage(packed_.finalToImage, false);
  finishToImage(packed_.finalToImage.out, packed_.finalNorm);
}

Values StreamingDecoder::Run::perceptron(const std::vector<TokenLinear>& layers, int64_t token) {
  const float* const from = queries_.data() + token * packed_.channels;
  Values x(from, from + packed_.channels), y;
  for (size_t i = 0; i < layers.size(); ++i) {
    linear(layers[i], x, y, i + 1 < layers.size(), 1);
    std::swap(x, y);
  }
  return x;
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
  const int64_t cells = packed_.grid * packed_.grid, tasks = (cells + kCellsPerTask - 1) / kCellsPerTask;
  const int64_t workers = withThreads_ ? workersFor(tasks) : 1, scratch = upscaleScratch(packed_.channels);
  scratch_.resize(static_cast<size_t>(workers * scratch));
  const auto task = [&](int64_t i, int64_t worker) {
    kernels_.upscale(work, cells_.data(), i * kCellsPerTask, std::min(cells, (i + 1) * kCellsPerTask),
                     scratch_.data() + worker * scratch);
  };
  if (workers > 1) {
    runTasks(tasks, task);
  } else {
    for (int64_t i = 0; i < tasks; ++i) task(i, 0);
  }
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
