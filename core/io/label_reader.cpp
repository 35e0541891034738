#include "core/io/label_reader.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/io/commit_store.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kBlock_pixels = int64_t{4} << 20;

// 2^53: above it a double does not hold every whole number.
constexpr double kLargestExact = 9007199254740992.0;

bool fits(const Shape& file, const Shape& image) {
  if (file.y != image.y || file.x != image.x) return false;
  if (file.t == image.t && file.z == image.z) return true;
  return (image.t == 1 || image.z == 1) && (file.t == 1 || file.z == 1) && file.t * file.z == image.t * image.z;
}

std::string numberText(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

template <typename T>
bool isId(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return value >= 0 && static_cast<double>(value) <= kLargestExact && value == std::floor(value);
  } else {
    return value >= 0;
  }
}

}  // namespace

Result<LabelReader> LabelReader::open(const fs::path& path, const std::string& key) {
  const bool isCommit = key.empty() && isCommitStore(path);
  CYTO_ASSIGN(auto source, openImage(path, {isCommit ? kCommittedObjects : key}));
  const ImageInfo& info = source->info();
  if (info.channels != 1) {
    return Error(ErrorCode::kInvalidArgument, "'" + path.string() + "' has " + std::to_string(info.channels) +
                                                  " channels or colours and is no label image; labels have one number "
                                                  "for each pixel");
  }
  const Shape shape = info.shape;
  return LabelReader(path, shape, std::move(source));
}

Result<LabelReader> LabelReader::open(const fs::path& path, const std::string& key, const Shape& shape) {
  CYTO_ASSIGN(LabelReader reader, open(path, key));
  const ImageInfo& info = reader.info();
  if (!fits(info.shape, shape)) {
    return Error(ErrorCode::kInvalidArgument, "the labels in '" + path.string() + "' have the shape " +
                                                  info.shape.text() + " and the image has " + shape.text() +
                                                  " (t, z, y, x); take labels that were made for this image");
  }
  reader.shape_ = shape;
  return reader;
}

// Strips are wide and planes lie apart; chunks of stores are often several planes deep.
std::vector<Box> LabelReader::blocks() const {
  const std::string& format = source_->info().format;
  const bool isChunked = format.starts_with("OME-Zarr") || format.starts_with("zarr") || format.starts_with("N5") ||
                         format.find("HDF5") != std::string::npos;
  const int64_t depth = isChunked ? std::min<int64_t>(32, std::max(shape_.z, shape_.t)) : 1;
  const bool isSeries = shape_.t > 1 && shape_.z == 1;
  const Shape step{isSeries ? depth : 1, isSeries ? 1 : depth, 256,
                   isChunked ? std::max<int64_t>(256, kBlock_pixels / (depth * 256) / 256 * 256) : shape_.x};
  std::vector<Box> all;
  for (int64_t t = 0; t < shape_.t; t += step.t) {
    for (int64_t z = 0; z < shape_.z; z += step.z) {
      for (int64_t y = 0; y < shape_.y; y += step.y) {
        for (int64_t x = 0; x < shape_.x; x += step.x) {
          const Box box{{t, z, y, x}, {t + step.t, z + step.z, y + step.y, x + step.x}};
          all.push_back(box.clippedTo(Box::whole(shape_)));
        }
      }
    }
  }
  return all;
}

Box LabelReader::inFile(const Box& box) const {
  const Shape& file = source_->info().shape;
  if (file.t == shape_.t && file.z == shape_.z) return box;
  Box swapped = box;
  std::swap(swapped.begin.t, swapped.begin.z);
  std::swap(swapped.end.t, swapped.end.z);
  return swapped;
}

Error LabelReader::noId(const std::string& value, const Box& box, size_t index) const {
  const Shape shape = box.shape();
  auto rest = static_cast<int64_t>(index);
  const int64_t x = rest % shape.x;
  const int64_t y = (rest /= shape.x) % shape.y;
  const int64_t z = (rest /= shape.y) % shape.z;
  const Shape place{box.begin.t + rest / shape.z, box.begin.z + z, box.begin.y + y, box.begin.x + x};
  return Error(ErrorCode::kFormat, "'" + path_.string() + "' is no label image: the pixel at " + place.text() +
                                       " (t, z, y, x) is " + value +
                                       ", and ids of objects are whole numbers from 0; save the labels as integers");
}

Status LabelReader::read(const Box& box, std::vector<uint64_t>& ids, const JobContext& job) const {
  CYTO_ASSIGN(const Array pixels, source_->read(inFile(box), 0, job));
  ids.resize(static_cast<size_t>(pixels.elements()));
  return visitDtype(pixels.dtype(), [&](auto zero) -> Status {
    const auto values = pixels.as<decltype(zero)>();
    for (size_t i = 0; i < values.size(); ++i) {
      if (!isId(values[i])) return noId(numberText(static_cast<double>(values[i])), box, i);
      ids[i] = static_cast<uint64_t>(values[i]);
    }
    return {};
  });
}

Result<bool> hasOnePlaneForMany(const fs::path& labels, const std::string& key, const ImageInfo& image) {
  constexpr int64_t kMostChannels = 16;
  const int64_t planes = image.shape.t * image.shape.z;
  if (planes == 1 || planes > kMostChannels || image.channels > 1) return false;
  CYTO_ASSIGN(const LabelReader alone, LabelReader::open(labels, key));
  return alone.shape().t * alone.shape().z == 1;
}

}  // namespace cyto::io
