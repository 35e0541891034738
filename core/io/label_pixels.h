#pragma once

#include <cstdint>
#include <span>

#include "core/array/array.h"

namespace cyto::io {

/// Object ids (uint32, 0 is background) that are asked for piece by piece, so that whoever writes them never needs a
/// volume as one block. `read` may be called from one thread at a time.
class LabelPixels {
 public:
  virtual ~LabelPixels() = default;

  virtual const Shape& shape() const = 0;

  /// 0 when there is no label. May look at every pixel.
  virtual uint32_t largestId() const = 0;

  /// False only when every pixel of the window is background, known without looking at them.
  virtual bool mayHoldLabels(int64_t t, int64_t z, const PlaneBox& window) const = 0;

  /// Copies `window` of one plane, row-major; it must lie inside the plane and `out` must fit it exactly.
  virtual void read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const = 0;
};

/// Ids that are one block already: uint32, one channel.
class ArrayLabelPixels : public LabelPixels {
 public:
  explicit ArrayLabelPixels(const Array& labels) : labels_(labels) {}

  const Shape& shape() const override { return labels_.shape(); }
  uint32_t largestId() const override;
  bool mayHoldLabels(int64_t t, int64_t z, const PlaneBox& window) const override;
  void read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const override;

 private:
  Array labels_;
};

}  // namespace cyto::io
