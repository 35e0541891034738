#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/io/image_source.h"
#include "core/io/label_writer.h"

namespace cyto::io {

/// A label file of any format that `openImage` knows, or a commit store of micro-sam, read block by block as ids that
/// lie over an image.
class LabelReader {
 public:
  /// `shape` is the image's. Axes with one element may be missing, and a file that does not say whether its planes are
  /// slices or frames has those of the image. kInvalidArgument, with both shapes, when it is no label image of it.
  static Result<LabelReader> open(const std::filesystem::path& path, const std::string& key, const Shape& shape);

  /// The same for labels that stand alone: their shape is what the file says.
  static Result<LabelReader> open(const std::filesystem::path& path, const std::string& key);

  const ImageInfo& info() const { return source_->info(); }

  /// Of the image that the labels lie over.
  const Shape& shape() const { return shape_; }

  /// Boxes that cover the image, in the order and of the sizes that cost least; at most some 4 million pixels each.
  std::vector<Box> blocks() const;

  /// The ids of a box, in the order (t, z, y, x). kFormat, with the place, for what is no id: negative numbers,
  /// fractions, infinities.
  Status read(const Box& box, std::vector<uint64_t>& ids, const JobContext& job) const;

 private:
  LabelReader(std::filesystem::path path, const Shape& shape, std::unique_ptr<ImageSource> source)
      : path_(std::move(path)), shape_(shape), source_(std::move(source)) {}

  Box inFile(const Box& box) const;
  Error noId(const std::string& value, const Box& box, size_t index) const;

  std::filesystem::path path_;
  Shape shape_;
  std::unique_ptr<ImageSource> source_;
};

/// Whether one plane of labels belongs to all planes of an image: many files have channels and do not say so, and their
/// channels are read as slices or frames. More than 16 planes are no channels but a volume or a series. Errors: those
/// of reading the labels.
Result<bool> hasOnePlaneForMany(const std::filesystem::path& labels, const std::string& key, const ImageInfo& image);

/// Names and states of labels, by id, that an OME-Zarr label image carries; empty for everything else.
std::map<uint64_t, LabelProperties> labelPropertiesOf(const std::filesystem::path& path, const std::string& key);

}  // namespace cyto::io
