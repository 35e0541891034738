#pragma once

#include "core/io/label_pixels.h"
#include "core/labels/label_volume.h"

namespace cyto {

/// A label volume for writers of label files. It holds a snapshot, so the volume may change meanwhile.
class VolumePixels : public io::LabelPixels {
 public:
  explicit VolumePixels(const LabelVolume& labels) : labels_(labels) {}

  const Shape& shape() const override { return labels_.shape(); }
  uint32_t largestId() const override;
  bool mayHoldLabels(int64_t t, int64_t z, const PlaneBox& window) const override;
  void read(int64_t t, int64_t z, const PlaneBox& window, std::span<uint32_t> out) const override;

 private:
  LabelVolume labels_;
};

}  // namespace cyto
