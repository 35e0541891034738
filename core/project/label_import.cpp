#include "core/project/label_import.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "core/io/image_source.h"
#include "core/labels/transaction.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error refused(const fs::path& path, const std::string& what) {
  return Error(ErrorCode::kInvalidArgument, "'" + path.string() + "' " + what);
}

/// One stack of planes, whether they are called slices or frames.
bool isStackOf(const Shape& labels, const Shape& image) {
  return labels.y == image.y && labels.x == image.x && std::min(labels.t, labels.z) == 1 &&
         std::min(image.t, image.z) == 1 && labels.t * labels.z == image.t * image.z;
}

Status checkFits(const fs::path& path, const io::ImageInfo& labels, const Shape& image) {
  if (labels.channels != 1) {
    return refused(path, "has " + std::to_string(labels.channels) +
                             " channels, so it is a picture; a label image has one channel with a number per object");
  }
  if (labels.shape == image || isStackOf(labels.shape, image)) return {};
  return refused(path, "has the extent " + labels.shape.text() + " in (t, z, y, x), but the image has " + image.text() +
                           "; labels must be as large as their image");
}

template <typename T>
bool isId(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return value >= 0 && static_cast<double>(value) <= double{UINT32_MAX} && std::floor(value) == value;
  } else {
    return !(value < 0) && static_cast<uint64_t>(value) <= UINT32_MAX;
  }
}

/// The ids of one plane; the first value that is none is an error.
template <typename T>
Status convert(const fs::path& path, std::span<const T> pixels, std::vector<uint32_t>& ids) {
  ids.resize(pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i) {
    if (!isId(pixels[i])) {
      return refused(path, "holds the value " + std::to_string(pixels[i]) +
                               "; ids of objects are whole numbers from 0 to 4294967295");
    }
    ids[i] = static_cast<uint32_t>(pixels[i]);
  }
  return {};
}

/// Where the n-th plane of a stack goes.
Shape placeOf(int64_t plane, const Shape& image) { return {plane / image.z, plane % image.z, 0, 0}; }

Result<LabelVolume> readAll(const fs::path& path, const io::ImageSource& source, const Shape& image,
                            const JobContext& job) {
  constexpr int64_t kPiece_bytes = 128'000'000;
  const Shape& shape = source.info().shape;
  const int64_t plane_bytes = shape.y * shape.x * static_cast<int64_t>(dtypeSize(source.info().dtype));
  const int64_t slices = std::clamp<int64_t>(kPiece_bytes / std::max<int64_t>(plane_bytes, 1), 1, shape.z);
  Transaction labels{LabelVolume(image)};
  std::vector<uint32_t> ids;
  for (int64_t t = 0; t < shape.t; ++t) {
    for (int64_t z = 0; z < shape.z; z += slices) {
      CYTO_TRY(job.cancel.check());
      const int64_t end = std::min(z + slices, shape.z);
      CYTO_ASSIGN(const Array piece, source.read({{t, z, 0, 0}, {t + 1, end, shape.y, shape.x}}, 0, {job.cancel, {}}));
      for (int64_t slice = z; slice < end; ++slice) {
        CYTO_TRY(visitDtype(piece.dtype(), [&](auto zero) {
          return convert(path, piece.plane<decltype(zero)>(0, 0, slice - z), ids);
        }));
        const Shape place = placeOf(t * shape.z + slice, image);
        labels.paint(place.t, place.z, ids, PaintRule::kOverwrite);
      }
    }
  }
  return labels.labels();
}

}  // namespace

Result<LabelVolume> readLabels(const fs::path& path, const std::string& key, const Shape& image,
                               const JobContext& job) {
  CYTO_ASSIGN(const auto source, io::openImage(path, {key}));
  CYTO_TRY(checkFits(path, source->info(), image));
  try {
    return readAll(path, *source, image, job);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "there is too little memory for the labels in '" + path.string() + "'");
  }
}

}  // namespace cyto
