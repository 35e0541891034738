#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/array/array.h"
#include "core/base/progress.h"
#include "core/base/result.h"

namespace cyto::io {

/// What is known about an image without reading its pixels.
struct ImageInfo {
  std::string format;              ///< "TIFF", "ImageJ TIFF", "OME-TIFF", "PNG", "OME-Zarr 0.5", "HDF5", …
  std::string key;                 ///< the dataset inside a container, empty for plain files
  std::string fileAxes;            ///< the axes as the file has them, e.g. "TZCYX" or "YXS" (S: samples of a colour)
  std::vector<int64_t> fileShape;  ///< extents in the order of `fileAxes`
  Dtype dtype = Dtype::kUint8;     ///< the type `read` gives; float16 in a file is widened to float32, bool to uint8
  std::string fileDtype;           ///< the type in the file, e.g. "float16", "bool"
  Shape shape;                     ///< level 0 in (t, z, y, x)
  int64_t channels = 1;
  bool isRgb = false;                     ///< the channels are the samples of a colour, not stains
  std::vector<std::string> channelNames;  ///< empty, or one per channel
  PixelScale scale;
  std::vector<Shape> levels;  ///< pyramid, finest first; levels[0] == shape
};

/// An image on disk that is read region by region. Opening reads headers only. `read` may be called
/// from several threads.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  virtual const ImageInfo& info() const = 0;

  /// Reads `box` of pyramid level `level`, all channels. The box must lie inside the level.
  virtual Result<Array> read(const Box& box, int level, const JobContext& job) const = 0;

  Result<Array> read(const Box& box) const { return read(box, 0, {}); }
};

struct OpenOptions {
  /// Dataset inside HDF5, zarr or N5; for a folder of images a glob such as "*.tif". Empty: the only
  /// or the obvious one, else an error that lists the choices.
  std::string key;
};

/// Opens a file, store or folder by its content (and its name only where content does not tell).
/// Errors: kNotFound, kIo, kFormat with one sentence that names the file, what is wrong and what to do.
Result<std::unique_ptr<ImageSource>> openImage(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace cyto::io
