#include "core/io/tiff/tiff_image.h"

#include <cstdlib>
#include <unordered_set>

namespace cyto::io {

namespace {

constexpr size_t kMaxCopies = 64;

// A smaller copy of the same picture: fewer pixels both ways, same proportions up to rounding.
bool isReducedCopy(const TiffDirectory& copy, const Shape& previous, const TiffDirectory& finest) {
  if (!copy.hasSamplesLike(finest) || copy.width >= previous.x || copy.height > previous.y) return false;
  if (copy.height == previous.y && previous.y > 1) return false;
  const int64_t difference = std::llabs(finest.width * copy.height - finest.height * copy.width);
  return difference <= 2 * std::max(finest.width, finest.height);
}

}  // namespace

Result<std::shared_ptr<const TiffPages>> TiffPages::open(const std::filesystem::path& path) {
  TiffPages pages;
  CYTO_ASSIGN(pages.file, TiffFile::open(path));
  CYTO_ASSIGN(pages.directories, pages.file->structure().mainChain());
  return std::make_shared<const TiffPages>(std::move(pages));
}

std::vector<TiffDirectory> subDirectoriesOf(const TiffStructure& structure, const TiffDirectory& page) {
  std::vector<TiffDirectory> copies;
  std::unordered_set<int64_t> seen = {page.offset};
  for (int64_t offset : page.subDirectories) {
    while (offset != 0 && copies.size() < kMaxCopies && seen.insert(offset).second) {
      auto copy = structure.directoryAt(offset);
      if (!copy) break;
      offset = copy->nextOffset;
      copies.push_back(*std::move(copy));
    }
  }
  return copies;
}

void findLevels(TiffImage& image, const TiffDirectory& finest, bool mayUsePages) {
  image.info.levels = {image.info.shape};
  image.reduced.clear();
  const auto consider = [&](const TiffDirectory& copy, TiffImage::Level level) {
    if (!isReducedCopy(copy, image.info.levels.back(), finest)) return;
    image.reduced.push_back(level);
    image.info.levels.push_back({image.info.shape.t, image.info.shape.z, copy.height, copy.width});
  };
  const auto copies = subDirectoriesOf(image.firstPages->file->structure(), finest);
  for (size_t i = 0; i < copies.size(); ++i) consider(copies[i], {true, static_cast<int64_t>(i)});
  if (!image.reduced.empty() || !mayUsePages) return;
  const auto& pages = image.firstPages->directories;
  for (size_t i = 0; i < pages.size(); ++i) {
    // Whole-slide scanners put unmarked but tiled copies behind the image; their thumbnails are not tiled.
    if (pages[i].isReduced || (finest.isTiled() && pages[i].isTiled()))
      consider(pages[i], {false, static_cast<int64_t>(i)});
  }
}

Status describePixels(TiffImage& image, const TiffDirectory& page) {
  CYTO_ASSIGN(image.pixels, pixelsOf(*image.firstPages->file, page));
  ImageInfo& info = image.info;
  info.dtype = image.pixels.dtype.dtype;
  info.fileDtype = image.pixels.dtype.name();
  info.channels = image.pageChannels * image.pixels.kept;
  info.isRgb = image.pixels.isRgb && image.pageChannels == 1;
  if (info.channelNames.size() != static_cast<size_t>(info.channels)) {
    info.channelNames.clear();
    if (image.pageChannels == 1) info.channelNames = image.pixels.sampleNames;
  }
  return {};
}

void appendPageAxes(ImageInfo& info, const TiffDirectory& page) {
  const auto append = [&](char axis, int64_t extent) {
    info.fileAxes += axis;
    info.fileShape.push_back(extent);
  };
  if (page.samples > 1 && page.isPlanar) append('S', page.samples);
  append('Y', page.height);
  append('X', page.width);
  if (page.samples > 1 && !page.isPlanar) append('S', page.samples);
}

}  // namespace cyto::io
