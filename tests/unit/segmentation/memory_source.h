#pragma once

#include "core/io/image_source.h"

namespace cyto::test {

/// An image that lives in memory: one channel of uint8 with the values `value(t, z, y, x)`.
class MemorySource : public io::ImageSource {
 public:
  template <typename Value>
  MemorySource(const Shape& shape, Value value) {
    info_.format = "memory";
    info_.shape = shape;
    info_.levels = {shape};
    pixels_ = *Array::create(Dtype::kUint8, shape);
    size_t i = 0;
    for (int64_t t = 0; t < shape.t; ++t) {
      for (int64_t z = 0; z < shape.z; ++z) {
        for (int64_t y = 0; y < shape.y; ++y) {
          for (int64_t x = 0; x < shape.x; ++x) pixels_.as<uint8_t>()[i++] = static_cast<uint8_t>(value(t, z, y, x));
        }
      }
    }
  }

  const io::ImageInfo& info() const override { return info_; }

  Result<Array> read(const Box& box, int, const JobContext&) const override {
    if (!box.isInside(info_.shape)) return Error(ErrorCode::kInvalidArgument, "box outside the image");
    CYTO_ASSIGN(Array part, Array::create(Dtype::kUint8, box.shape()));
    size_t i = 0;
    for (int64_t t = box.begin.t; t < box.end.t; ++t) {
      for (int64_t z = box.begin.z; z < box.end.z; ++z) {
        const auto plane = pixels_.plane<uint8_t>(0, t, z);
        for (int64_t y = box.begin.y; y < box.end.y; ++y) {
          for (int64_t x = box.begin.x; x < box.end.x; ++x) {
            part.as<uint8_t>()[i++] = plane[static_cast<size_t>(y * info_.shape.x + x)];
          }
        }
      }
    }
    return part;
  }

 private:
  io::ImageInfo info_;
  Array pixels_;
};

}  // namespace cyto::test
