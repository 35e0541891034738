// Plain multi-page TIFF, ImageJ stacks and MetaMorph stacks: which pages are planes of which axis.
//
// ImageJ writes "ImageJ=…" and key=value lines into the description of the first page. Its planes come with
// channels fastest, then slices, then frames. Beyond 4 GiB it writes a single directory and all planes
// behind each other (source: the files and the documentation of ImageJ's TIFF format).

#include <charconv>
#include <cmath>
#include <map>

#include "core/io/tiff/tiff_image.h"
#include "core/io/units.h"

namespace cyto::io {

namespace {

// Above this, a resolution in inches or centimetres is a setting for printers.
constexpr double kLargestPixel_um = 20;

// A stack of which not even this part is there is no stack.
constexpr int64_t kMostMissing = 8;

using ImagejProperties = std::map<std::string, std::string, std::less<>>;

ImagejProperties parseImagej(const std::string& description) {
  ImagejProperties properties;
  for (size_t begin = 0; begin < description.size();) {
    size_t end = description.find('\n', begin);
    if (end == description.npos) end = description.size();
    const std::string line = description.substr(begin, end - begin);
    if (const size_t equals = line.find('='); equals != line.npos) {
      properties.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    begin = end + 1;
  }
  return properties;
}

int64_t countOf(const ImagejProperties& properties, std::string_view key) {
  const auto found = properties.find(key);
  int64_t count = 1;
  if (found != properties.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), count);
  }
  return std::max<int64_t>(count, 1);
}

double numberOf(const ImagejProperties& properties, std::string_view key) {
  const auto found = properties.find(key);
  double value = 0;
  if (found != properties.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  return std::isfinite(value) ? std::abs(value) : 0;
}

std::string wordOf(const ImagejProperties& properties, std::string_view key) {
  const auto found = properties.find(key);
  return found == properties.end() ? "" : unitName(found->second);
}

PixelScale imagejScale(const ImagejProperties& properties, const TiffDirectory& page) {
  PixelScale scale;
  scale.spaceUnit = wordOf(properties, "unit");
  if (!scale.spaceUnit.empty()) {
    scale.x = page.xResolution > 0 ? 1 / page.xResolution : 0;
    scale.y = page.yResolution > 0 ? 1 / page.yResolution : 0;
    scale.z = numberOf(properties, "spacing");
    if (scale.x == 0 && scale.y == 0 && scale.z == 0) scale.spaceUnit.clear();
  }
  scale.t = numberOf(properties, "finterval");
  const double framesPerSecond = numberOf(properties, "fps");
  if (scale.t == 0 && framesPerSecond > 0) scale.t = 1 / framesPerSecond;
  if (scale.t > 0) {
    scale.timeUnit = wordOf(properties, "tunit");
    if (scale.timeUnit.empty()) scale.timeUnit = "second";
  }
  return scale;
}

PixelScale plainScale(const TiffDirectory& page) {
  PixelScale scale;
  const double unit_um = page.resolutionUnit == 2 ? 25400 : page.resolutionUnit == 3 ? 10000 : 0;
  if (unit_um == 0 || page.xResolution <= 0 || page.yResolution <= 0) return scale;
  if (unit_um / page.xResolution > kLargestPixel_um || unit_um / page.yResolution > kLargestPixel_um) return scale;
  scale.x = unit_um / page.xResolution;
  scale.y = unit_um / page.yResolution;
  scale.spaceUnit = "micrometer";
  return scale;
}

// Pages of equal size and pixel type, in the order of their first member: what a viewer calls the series.
std::vector<std::vector<int64_t>> groupPages(const std::vector<TiffDirectory>& pages) {
  std::vector<std::vector<int64_t>> groups;
  for (size_t i = 0; i < pages.size(); ++i) {
    if ((pages[i].isReduced || pages[i].isMask) && pages.size() > 1) continue;
    auto group = groups.begin();
    for (; group != groups.end(); ++group) {
      const TiffDirectory& first = pages[static_cast<size_t>(group->front())];
      if (first.width == pages[i].width && first.height == pages[i].height && first.hasSamplesLike(pages[i])) break;
    }
    if (group == groups.end()) group = groups.insert(groups.end(), std::vector<int64_t>());
    group->push_back(static_cast<int64_t>(i));
  }
  if (groups.empty()) groups.push_back({0});
  return groups;
}

// The distance between planes stored behind each other, or 0 when the page is not stored in one piece or nothing
// follows it (other programs keep the description when they save a single plane). A stack that was cut off counts:
// the planes it has are read, the missing ones are errors.
int64_t planeStride_bytes(const TiffPages& pages, const TiffDirectory& page, int64_t planes) {
  if (page.compression != 1 || !page.chunkOffsets.exists() || page.isTiled()) return 0;
  const TiffStructure& structure = pages.file->structure();
  const auto first = structure.integerAt(page.chunkOffsets, 0);
  const auto last = structure.integerAt(page.chunkOffsets, page.chunkOffsets.count - 1);
  if (!first || !last || page.width > (INT64_MAX >> 8) / page.height / page.samples / page.bits) return 0;
  const int64_t row_bytes = (page.width * page.chunkSamples() * page.bits + 7) / 8;
  const int64_t stride = row_bytes * page.height * (page.isPlanar ? page.samples : 1);
  const int64_t lastRows = page.height - (page.chunksDown() - 1) * page.rowsPerStrip;
  const bool isOnePiece =
      page.chunkOffsets.count == page.chunkCount() && *last + lastRows * row_bytes == *first + stride;
  const int64_t present = *first > 0 && stride > 0 ? (pages.file->bytes().size_bytes() - *first) / stride : 0;
  return isOnePiece && present >= 2 && planes <= present * kMostMissing ? stride : 0;
}

struct Counts {
  int64_t channels = 1;
  int64_t slices = 1;
  int64_t frames = 1;
  int64_t product() const { return channels * slices * frames; }
};

Result<std::vector<int64_t>> chosenGroup(const TiffPages& pages, const std::string& key) {
  auto groups = groupPages(pages.directories);
  size_t index = 0;
  if (!key.empty()) {
    const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (code != std::errc() || end != key.data() + key.size() || index >= groups.size()) {
      return Error(ErrorCode::kNotFound, "cannot open '" + pages.file->bytes().path().string() +
                                             "': it has no image '" + key + "'; its images are numbered 0 to " +
                                             std::to_string(groups.size() - 1));
    }
  }
  return std::move(groups[index]);
}

void setAxes(TiffImage& image, const Counts& counts, bool isPlain) {
  ImageInfo& info = image.info;
  const auto append = [&](char axis, int64_t extent) {
    if (extent == 1) return;
    info.fileAxes += axis;
    info.fileShape.push_back(extent);
  };
  append('T', counts.frames);
  append(isPlain ? 'I' : 'Z', counts.slices);
  append('C', counts.channels);
}

void addPlanes(TiffImage& image, const Counts& counts, const std::vector<int64_t>& group, int64_t stride_bytes) {
  image.planes.resize(static_cast<size_t>(counts.product()));
  size_t target = 0;
  for (int64_t c = 0; c < counts.channels; ++c) {
    for (int64_t t = 0; t < counts.frames; ++t) {
      for (int64_t z = 0; z < counts.slices; ++z, ++target) {
        const int64_t number = (t * counts.slices + z) * counts.channels + c;
        TiffPlane& plane = image.planes[target];
        plane.page = stride_bytes > 0 ? group.front() : group[static_cast<size_t>(number)];
        plane.shift_bytes = stride_bytes > 0 ? number * stride_bytes : 0;
      }
    }
  }
}

}  // namespace

Result<TiffImage> imageFromPages(std::shared_ptr<const TiffPages> pages, const std::string& description,
                                 const std::string& key) {
  CYTO_ASSIGN(const std::vector<int64_t> group, chosenGroup(*pages, key));
  const TiffDirectory& page = pages->directories[static_cast<size_t>(group.front())];
  TiffImage image;
  image.firstPages = pages;
  image.files = {pages->file->bytes().path()};
  image.info.format = "TIFF";
  image.info.key = key;
  image.info.scale = plainScale(page);
  Counts counts{1, static_cast<int64_t>(group.size()), 1};
  int64_t stride_bytes = 0;
  bool isPlain = true;
  if (description.rfind("ImageJ=", 0) == 0) {
    const ImagejProperties properties = parseImagej(description);
    const int64_t stated = countOf(properties, "images");
    Counts imagej{countOf(properties, "channels"), countOf(properties, "slices"), countOf(properties, "frames")};
    if (imagej.product() == 1) imagej.slices = stated;
    if (group.size() == 1 && stated > 1) stride_bytes = planeStride_bytes(*pages, page, stated);
    const int64_t present = stride_bytes > 0 ? stated : static_cast<int64_t>(group.size());
    counts = imagej.product() == present ? imagej : Counts{1, present, 1};
    image.info.format = "ImageJ TIFF";
    image.info.scale = imagejScale(properties, page);
    isPlain = false;
  } else if (page.stkPlanes > 1 && pages->directories.size() == 1) {
    stride_bytes = planeStride_bytes(*pages, page, page.stkPlanes);
    if (stride_bytes > 0) counts = {1, 1, page.stkPlanes};
    image.info.format = "MetaMorph STK";
    isPlain = false;
  }
  image.info.shape = {counts.frames, counts.slices, page.height, page.width};
  image.pageChannels = counts.channels;
  setAxes(image, counts, isPlain);
  appendPageAxes(image.info, page);
  addPlanes(image, counts, group, stride_bytes);
  CYTO_TRY(describePixels(image, page));
  findLevels(image, page, counts.product() == 1);
  return image;
}

}  // namespace cyto::io
