#include "core/display/channel_display.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace cyto {

namespace {

using Colour = std::array<uint8_t, 3>;

constexpr double kSaturatedShare = 0.0035;
constexpr int64_t kEnoughPixels = 65536;
constexpr size_t kMostVisible = 7;

constexpr Colour kWhite{255, 255, 255};
constexpr std::array<Colour, 3> kSamples{{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}}};
// Two stains: green and magenta, which add up to white. More: the seven colours of Okabe and Ito (Color Universal
// Design, 2008), which people with any kind of colour blindness tell apart.
constexpr std::array<Colour, 2> kPair{{{0, 255, 0}, {255, 0, 255}}};
constexpr std::array<Colour, kMostVisible> kSeveral{
    {{86, 180, 233}, {230, 159, 0}, {0, 158, 115}, {204, 121, 167}, {240, 228, 66}, {0, 114, 178}, {213, 94, 0}}};

Colour stainColour(size_t channel, size_t channels) {
  if (channels == 1) return kWhite;
  return channels == 2 ? kPair[channel] : kSeveral[channel % kSeveral.size()];
}

/// What the values of one channel suggest.
struct Measurement {
  double low = 0;
  double high = 1;
  double least = 0;
  double most = 1;
};

/// A range that holds both and is not empty.
std::array<double, 2> openRange(double low, double high) {
  if (high > low) return {low, high};
  const double above = low + 1;
  return {low, above > low ? above : std::nextafter(low, std::numeric_limits<double>::infinity())};
}

Measurement measured(std::vector<double>& values) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  Measurement result{0, 0, *least, *most};
  const auto saturated = static_cast<std::ptrdiff_t>(static_cast<double>(values.size()) * kSaturatedShare / 2);
  const auto low = values.begin() + saturated;
  const auto high = values.end() - 1 - saturated;
  std::nth_element(values.begin(), low, values.end());
  result.low = *low;
  if (high > low) std::nth_element(low + 1, high, values.end());
  result.high = *high;
  // A few bright spots on an even background: what is left after saturation would be the background alone.
  if (!(result.high > result.low)) {
    result.low = result.least;
    result.high = result.most;
  }
  const auto contrast = openRange(result.low, result.high);
  const auto range = openRange(result.least, result.most);
  return {contrast[0], contrast[1], range[0], range[1]};
}

int measuredLevel(const PixelPyramid& pyramid) {
  int level = pyramid.levels() - 1;
  const auto pixels = [&] { return pyramid.shapeOf(level).y * pyramid.shapeOf(level).x; };
  while (level > 0 && pixels() < kEnoughPixels) --level;
  return level;
}

template <typename T>
void appendFinite(std::span<const T> from, std::vector<double>& to) {
  for (const T value : from) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) continue;
    }
    to.push_back(static_cast<double>(value));
  }
}

/// The blocks that contrast is measured on: a whole coarse plane, or, where that would mean to read a plane of more
/// than 32 million pixels, sixteen blocks spread over it. A slide must not be read whole before it is shown.
std::vector<PixelPyramid::BlockKey> measuredBlocks(const PixelPyramid& pyramid, int64_t t, int64_t z) {
  constexpr int64_t kMostRead = 32'000'000;
  constexpr int64_t kSampledSide = 4;
  int level = measuredLevel(pyramid);
  const int source = pyramid.levelInFile(level);
  const bool isSampled = pyramid.shapeOf(source).y * pyramid.shapeOf(source).x > kMostRead;
  if (isSampled) level = source;
  const Extent2 grid = pyramid.gridOf(level);
  const auto steps = [&](int64_t count) { return isSampled ? std::min(kSampledSide, count) : count; };
  std::vector<PixelPyramid::BlockKey> blocks;
  for (int64_t i = 0; i < steps(grid.y); ++i) {
    for (int64_t j = 0; j < steps(grid.x); ++j) {
      blocks.push_back(
          {t, z, level, (2 * i + 1) * grid.y / (2 * steps(grid.y)), (2 * j + 1) * grid.x / (2 * steps(grid.x))});
    }
  }
  return blocks;
}

/// Per channel from `first` on, the finite values of the blocks on which contrast is measured.
Result<std::vector<std::vector<double>>> finiteValues(PixelPyramid& pyramid, int64_t t, int64_t z, int64_t first,
                                                      int64_t count, const JobContext& job) {
  std::vector<std::vector<double>> values(static_cast<size_t>(count));
  for (const PixelPyramid::BlockKey& key : measuredBlocks(pyramid, t, z)) {
    CYTO_ASSIGN(const std::shared_ptr<const Array> block, pyramid.block(key, job));
    visitDtype(block->dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (int64_t c = 0; c < count; ++c) {
        appendFinite<T>(block->plane<T>(first + c, 0, 0), values[static_cast<size_t>(c)]);
      }
    });
  }
  return values;
}

Result<std::vector<Measurement>> measure(PixelPyramid& pyramid, int64_t t, int64_t z, const JobContext& job) {
  CYTO_ASSIGN(auto values, finiteValues(pyramid, t, z, 0, pyramid.info().channels, job));
  std::vector<Measurement> measurements;
  for (auto& ofChannel : values) measurements.push_back(measured(ofChannel));
  return measurements;
}

/// The whole range of a type; 0 to 1 for floating point.
std::array<double, 2> rangeOfType(Dtype dtype) {
  return visitDtype(dtype, [](auto zero) -> std::array<double, 2> {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) return {0, 1};
    return {static_cast<double>(std::numeric_limits<T>::min()), static_cast<double>(std::numeric_limits<T>::max())};
  });
}

std::string channelName(const io::ImageInfo& info, size_t channel) {
  if (channel < info.channelNames.size() && !info.channelNames[channel].empty()) return info.channelNames[channel];
  constexpr std::array<const char*, 3> kSampleNames{"Red", "Green", "Blue"};
  if (info.isRgb && channel < kSampleNames.size()) return kSampleNames[channel];
  return "Channel " + std::to_string(channel + 1);
}

ChannelDisplay sampleDisplay(const io::ImageInfo& info, size_t channel) {
  const auto range = rangeOfType(info.dtype);
  ChannelDisplay display{channelName(info, channel), true, range[0], range[1], 1, kWhite, range[0], range[1]};
  // A fourth sample is opacity and has no colour.
  display.isVisible = channel < kSamples.size();
  if (display.isVisible) display.colour = kSamples[channel];
  return display;
}

ChannelDisplay stainDisplay(const io::ImageInfo& info, size_t channel, const Measurement& measurement) {
  const auto range =
      dtypeSize(info.dtype) == 1 ? rangeOfType(info.dtype) : std::array<double, 2>{measurement.least, measurement.most};
  // A constant plane at the end of its type has a contrast that reaches beyond the type.
  return {channelName(info, channel),
          channel < kMostVisible,
          measurement.low,
          measurement.high,
          1,
          stainColour(channel, static_cast<size_t>(info.channels)),
          std::min(range[0], measurement.low),
          std::max(range[1], measurement.high)};
}

/// A stain that was saved as a colour image: its three samples are one.
bool isGrey(const std::vector<Measurement>& samples) {
  if (samples.size() < kSamples.size()) return false;
  const auto isSame = [&](const Measurement& a, const Measurement& b) {
    return a.least == b.least && a.most == b.most && a.low == b.low && a.high == b.high;
  };
  return isSame(samples[0], samples[1]) && isSame(samples[0], samples[2]);
}

}  // namespace

Result<std::vector<ChannelDisplay>> firstDisplay(PixelPyramid& pyramid, int64_t t, int64_t z, const JobContext& job) {
  const io::ImageInfo& info = pyramid.info();
  std::vector<ChannelDisplay> channels;
  if (info.isRgb) {
    for (size_t c = 0; c < static_cast<size_t>(info.channels); ++c) channels.push_back(sampleDisplay(info, c));
    CYTO_TRY(setAutoContrast(pyramid, t, z, channels, job));
    return channels;
  }
  CYTO_ASSIGN(const std::vector<Measurement> measurements, measure(pyramid, t, z, job));
  for (size_t c = 0; c < measurements.size(); ++c) channels.push_back(stainDisplay(info, c, measurements[c]));
  return channels;
}

Status setAutoContrast(PixelPyramid& pyramid, int64_t t, int64_t z, std::vector<ChannelDisplay>& channels,
                       const JobContext& job) {
  const io::ImageInfo& info = pyramid.info();
  if (static_cast<int64_t>(channels.size()) != info.channels) {
    return Error(ErrorCode::kInvalidArgument, "contrast is set for " + std::to_string(channels.size()) +
                                                  " channel(s) of an image that has " + std::to_string(info.channels));
  }
  CYTO_ASSIGN(const std::vector<Measurement> measurements, measure(pyramid, t, z, job));
  if (info.isRgb && !isGrey(measurements)) return {};
  for (size_t c = 0; c < channels.size(); ++c) {
    if (info.isRgb && c >= kSamples.size()) break;
    channels[c].low = measurements[c].low;
    channels[c].high = measurements[c].high;
    // The sliders must be able to show what they stand at.
    channels[c].rangeLow = std::min(channels[c].rangeLow, channels[c].low);
    channels[c].rangeHigh = std::max(channels[c].rangeHigh, channels[c].high);
  }
  return {};
}

Result<std::vector<int64_t>> histogram(PixelPyramid& pyramid, int64_t t, int64_t z, int64_t channel, double rangeLow,
                                       double rangeHigh, int bins, const JobContext& job) {
  if (channel < 0 || channel >= pyramid.info().channels || bins < 1 || !(rangeHigh > rangeLow)) {
    return Error(ErrorCode::kInvalidArgument,
                 "a histogram needs a channel of the image, at least one bin and a range that is not empty");
  }
  CYTO_ASSIGN(const auto values, finiteValues(pyramid, t, z, channel, 1, job));
  std::vector<int64_t> counts(static_cast<size_t>(bins));
  const double binsPerUnit = bins / (rangeHigh - rangeLow);
  for (const double value : values.front()) {
    if (value < rangeLow || value > rangeHigh) continue;
    // The last bin holds its upper end too.
    const auto bin = static_cast<size_t>((value - rangeLow) * binsPerUnit);
    ++counts[std::min(bin, counts.size() - 1)];
  }
  return counts;
}

}  // namespace cyto
