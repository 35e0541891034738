#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/io/pixels.h"

namespace cyto::io {

/// An n-dimensional array in a file, read box by box in the axis order of the file.
class NdArray {
 public:
  virtual ~NdArray() = default;

  const std::vector<int64_t>& shape() const { return shape_; }
  const FileDtype& dtype() const { return dtype_; }

  /// Fills `out` (C order, native byte order, float16 and bool already widened) with the box that starts
  /// at `begin` and has `count` elements along each axis; the box lies inside the array. Thread-safe.
  virtual Status read(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out,
                      const JobContext& job) const = 0;

 protected:
  std::vector<int64_t> shape_;
  FileDtype dtype_;
};

/// The axis letters (t, c, z, y, x; upper case) of an array whose file does not name them: YX; ZYX, or
/// YXC when the last extent is 3 or 4; TZYX, or ZYXC with at most 4 at the end; TCZYX, or TZYXC likewise.
/// One axis is a row, X.
std::string guessedAxes(std::span<const int64_t> shape);

/// One resolution level of an image: the array and nothing else; all levels share the axes.
using NdLevels = std::vector<std::shared_ptr<const NdArray>>;

/// Presents arrays with named axes as an image. `info` must have format, key and what else the file tells;
/// fileAxes, fileShape, dtype, shape, channels, isRgb and levels are filled in here. `axes` has a letter per
/// axis (T, C, Z, Y, X, or S for the samples of a colour); axes of other names must have extent 1.
/// Errors: kFormat when an axis is unknown or named twice, or when there is no y and x.
Result<std::unique_ptr<ImageSource>> makeNdSource(const std::filesystem::path& path, ImageInfo info, std::string axes,
                                                  NdLevels levels);

}  // namespace cyto::io
