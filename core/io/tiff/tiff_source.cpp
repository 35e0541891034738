#include "core/io/sources.h"
#include "core/io/tiff/tiff_image.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxDescription_bytes = int64_t{512} << 20;
constexpr int64_t kMaxOpenFiles = 32;

class TiffSource : public ImageSource {
 public:
  explicit TiffSource(TiffImage image) : image_(std::move(image)), openFiles_(kMaxOpenFiles) {}

  const ImageInfo& info() const override { return image_.info; }

  Result<Array> read(const Box& box, int level, const JobContext& job) const override {
    CYTO_TRY(checkRegion(image_.info, box, level));
    CYTO_ASSIGN(Array out, createPixels(image_.info.dtype, box.shape(), image_.info.channels));
    const Shape& shape = image_.info.shape;
    const PlaneBox rectangle{box.begin.y, box.begin.x, box.end.y, box.end.x};
    const auto plane_bytes = static_cast<size_t>(rectangle.height() * rectangle.width()) * dtypeSize(out.dtype());
    std::vector<std::byte*> targets(static_cast<size_t>(image_.pixels.kept));
    for (int64_t c = 0; c < image_.pageChannels; ++c) {
      for (int64_t t = box.begin.t; t < box.end.t; ++t) {
        for (int64_t z = box.begin.z; z < box.end.z; ++z) {
          for (size_t s = 0; s < targets.size(); ++s) {
            const int64_t channel = c * image_.pixels.kept + static_cast<int64_t>(s);
            const int64_t plane = (channel * box.shape().t + t - box.begin.t) * box.shape().z + z - box.begin.z;
            targets[s] = out.data() + static_cast<size_t>(plane) * plane_bytes;
          }
          const TiffPlane& place = image_.planes[static_cast<size_t>((c * shape.t + t) * shape.z + z)];
          CYTO_TRY(readPlane(place, level, rectangle, targets, job));
        }
      }
    }
    return out;
  }

 private:
  Status readPlane(const TiffPlane& place, int level, const PlaneBox& box, std::span<std::byte* const> targets,
                   const JobContext& job) const {
    CYTO_ASSIGN(const auto pages, pagesOf(place.file));
    const fs::path& path = image_.files[static_cast<size_t>(place.file)];
    if (place.page < 0 || place.page >= static_cast<int64_t>(pages->directories.size())) {
      return cannotRead(path,
                        "the plane asked for is missing from it, though its metadata names it; export the image again");
    }
    TiffDirectory directory = pages->directories[static_cast<size_t>(place.page)];
    const Shape& shape = image_.info.levels[static_cast<size_t>(level)];
    if (level > 0) {
      const TiffImage::Level& reduced = image_.reduced[static_cast<size_t>(level - 1)];
      const auto copies = reduced.isSub ? subDirectoriesOf(pages->file->structure(), directory) : pages->directories;
      if (reduced.index >= static_cast<int64_t>(copies.size())) {
        return cannotRead(path,
                          "a plane lacks the resolution level " + std::to_string(level) + "; export the image again");
      }
      directory = copies[static_cast<size_t>(reduced.index)];
    }
    CYTO_ASSIGN(const TiffPixels pixels, pixelsOf(*pages->file, directory));
    const bool fits = directory.width == shape.x && directory.height == shape.y && pixels.kept == image_.pixels.kept &&
                      pixels.dtype.dtype == image_.pixels.dtype.dtype;
    if (!fits) return cannotRead(path, "its pages differ in size or pixel type; export the image again");
    return readTiffPlane(*pages->file, directory, pixels, place.shift_bytes, box, targets, job);
  }

  Result<std::shared_ptr<const TiffPages>> pagesOf(int32_t file) const {
    if (file == 0) return image_.firstPages;
    if (auto open = openFiles_.find(file)) return open;
    CYTO_ASSIGN(auto pages, TiffPages::open(image_.files[static_cast<size_t>(file)]));
    openFiles_.insert(file, pages, 1);
    return pages;
  }

  TiffImage image_;
  mutable ByteBudgetCache<int32_t, TiffPages> openFiles_;  // counts files, not bytes
};

OpenedSource sourceOf(Result<TiffImage> image) {
  if (!image) return std::move(image).error();
  return std::unique_ptr<ImageSource>(std::make_unique<TiffSource>(*std::move(image)));
}

}  // namespace

OpenedSource openTiff(const fs::path& path, const OpenOptions& options) {
  CYTO_ASSIGN(const auto pages, TiffPages::open(path));
  CYTO_ASSIGN(const std::string description,
              pages->file->structure().text(pages->directories.front().description, kMaxDescription_bytes));
  if (description.find("<OME") != description.npos || description.find(":OME ") != description.npos) {
    return sourceOf(imageFromOme(pages, path, description, options.key));
  }
  return sourceOf(imageFromPages(pages, description, options.key));
}

OpenedSource openOmeCompanion(const fs::path& path, const OpenOptions& options) {
  CYTO_ASSIGN(const std::string xml, readSmallFile(path, kMaxDescription_bytes));
  return sourceOf(imageFromOme(nullptr, path, xml, options.key));
}

}  // namespace cyto::io
