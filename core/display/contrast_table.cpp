#include "core/display/contrast_table.h"

#include <cmath>

namespace cyto {

namespace {

/// `share` is how far a value is from black (0) to the full colour (1).
ColourSum contribution(const ChannelDisplay& channel, double share) {
  const double inside = share > 0 ? std::min(share, 1.0) : 0;
  const double intensity = channel.gamma == 1 ? inside : std::pow(inside, channel.gamma);
  const auto component = [&](size_t c) { return static_cast<uint64_t>(std::lround(channel.colour[c] * intensity)); };
  return colourSum(component(0), component(1), component(2));
}

}  // namespace

ContrastTable ContrastTable::perValue(const ChannelDisplay& channel, int least) {
  ContrastTable table;
  table.entries_.resize(256);
  for (int i = 0; i < 256; ++i) {
    const double share = (least + i - channel.low) / (channel.high - channel.low);
    table.entries_[static_cast<size_t>(i)] = contribution(channel, share);
  }
  return table;
}

ContrastTable ContrastTable::inSteps(const ChannelDisplay& channel) {
  ContrastTable table;
  table.low_ = channel.low;
  table.stepsPerUnit_ = (kSteps - 1) / (channel.high - channel.low);
  table.entries_.resize(kSteps);
  for (int i = 0; i < kSteps; ++i) {
    table.entries_[static_cast<size_t>(i)] = contribution(channel, i / double{kSteps - 1});
  }
  return table;
}

}  // namespace cyto
