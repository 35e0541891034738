#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/display/channel_display.h"

namespace cyto {

/// Colours that can be added: red, green and blue in 21 bits each, so that thousands of channels cannot overflow.
using ColourSum = uint64_t;

inline ColourSum colourSum(uint64_t red, uint64_t green, uint64_t blue) { return red << 42 | green << 21 | blue; }

/// Clipped to 255 per component and opaque: 0xFFRRGGBB.
inline uint32_t clippedColour(ColourSum sum) {
  constexpr ColourSum kComponent = (1U << 21) - 1;
  const auto clipped = [&](int shift) {
    return static_cast<uint32_t>(std::min<ColourSum>(sum >> shift & kComponent, 255));
  };
  return 0xFF000000U | clipped(42) << 16 | clipped(21) << 8 | clipped(0);
}

/// What one channel adds to the picture for a value, looked up because contrast and gamma are too slow per pixel.
class ContrastTable {
 public:
  /// For values of a type of one byte the table has an entry per value and is exact; otherwise it has kSteps between
  /// black and the full colour.
  template <typename T>
  static ContrastTable of(const ChannelDisplay& channel) {
    if constexpr (hasEntryPerValue<T>()) return perValue(channel, std::numeric_limits<T>::min());
    return inSteps(channel);
  }

  /// T as in `of`. NaN is black.
  template <typename T>
  ColourSum operator()(T value) const {
    if constexpr (hasEntryPerValue<T>()) {
      return entries_[static_cast<size_t>(static_cast<int>(value) - std::numeric_limits<T>::min())];
    } else {
      const double step = (static_cast<double>(value) - low_) * stepsPerUnit_;
      // In this order a step that is not a number is black.
      return entries_[step > 0 ? static_cast<size_t>(std::min<double>(step, kSteps - 1) + 0.5) : 0];
    }
  }

 private:
  static constexpr int kSteps = 4096;

  template <typename T>
  static constexpr bool hasEntryPerValue() {
    return std::is_integral_v<T> && sizeof(T) == 1;
  }
  static ContrastTable perValue(const ChannelDisplay& channel, int least);
  static ContrastTable inSteps(const ChannelDisplay& channel);

  double low_ = 0;
  double stepsPerUnit_ = 1;
  std::vector<ColourSum> entries_;
};

}  // namespace cyto
