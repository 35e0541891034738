// OME-TIFF: the XML says which page of which file holds which plane (OME-TIFF specification, "TiffData").

#include <algorithm>
#include <charconv>
#include <map>

#include "core/io/tiff/ome_xml.h"
#include "core/io/tiff/tiff_image.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxCompanion_bytes = int64_t{512} << 20;

Result<OmeImage> chosenImage(const fs::path& path, OmeXml& ome, const std::string& key) {
  if (ome.images.empty()) return cannotOpen(path, "its OME-XML metadata describes no image; export it again");
  if (key.empty()) return std::move(ome.images.front());
  for (OmeImage& image : ome.images) {
    if (image.name == key) return std::move(image);
  }
  size_t index = 0;
  const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (code == std::errc() && end == key.data() + key.size() && index < ome.images.size())
    return std::move(ome.images[index]);
  return cannotOpen(
      path, "it has no image '" + key + "'; its images are numbered 0 to " + std::to_string(ome.images.size() - 1),
      ErrorCode::kNotFound);
}

// Numbers of the files of the set; number 0 is the file whose pages are known first.
class FileSet {
 public:
  FileSet(fs::path folder, TiffImage& image) : folder_(std::move(folder)), image_(image) {}

  /// The number of a file of the set, or the sentence that it is missing.
  Result<int32_t> numberOf(const std::string& name) {
    if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
    const fs::path path = folder_ / name;
    std::error_code error;
    if (!fs::exists(path, error)) {
      return cannotOpen(
          path, "this file is part of a multi-file OME-TIFF but is not there; put all files of the set in one folder",
          ErrorCode::kNotFound);
    }
    return add(name, path);
  }

  int32_t add(const std::string& name, const fs::path& path) {
    image_.files.push_back(path);
    return numbers_[name] = static_cast<int32_t>(image_.files.size()) - 1;
  }

 private:
  fs::path folder_;
  TiffImage& image_;
  std::map<std::string, int32_t> numbers_;
};

class PlaneTable {
 public:
  PlaneTable(const OmeImage& ome, TiffImage& image) : ome_(ome), image_(image) {
    channels_ = ome.sizeC / ome.samplesPerChannel;
    image.planes.resize(static_cast<size_t>(channels_ * ome.sizeT * ome.sizeZ));
  }

  void place(const OmeTiffData& data, int32_t file, int64_t pagesInFile) {
    int64_t c = data.firstC / ome_.samplesPerChannel;
    int64_t z = data.firstZ;
    int64_t t = data.firstT;
    const int64_t count = data.planes >= 0 ? data.planes : pagesInFile - data.ifd;
    for (int64_t i = 0; i < count && isInside(c, z, t); ++i) {
      TiffPlane& plane = image_.planes[static_cast<size_t>((c * ome_.sizeT + t) * ome_.sizeZ + z)];
      plane.file = file;
      plane.page = data.ifd + i;
      advance(c, z, t);
    }
  }

 private:
  bool isInside(int64_t c, int64_t z, int64_t t) const {
    return c >= 0 && c < channels_ && z >= 0 && z < ome_.sizeZ && t >= 0 && t < ome_.sizeT;
  }

  // The next plane in the order of the file; past the end, time runs out of range.
  void advance(int64_t& c, int64_t& z, int64_t& t) const {
    for (const char axis : ome_.order.substr(2)) {
      int64_t& index = axis == 'C' ? c : axis == 'Z' ? z : t;
      const int64_t size = axis == 'C' ? channels_ : axis == 'Z' ? ome_.sizeZ : ome_.sizeT;
      if (++index < size) return;
      index = 0;
    }
    t = ome_.sizeT;
  }

  const OmeImage& ome_;
  TiffImage& image_;
  int64_t channels_ = 1;
};

// Files are renamed after writing: a set of one file that is called otherwise, or whose id is ours, is this file.
bool isThisFile(const OmeTiffData& data, const OmeXml& ome, const fs::path& path, bool hasOneFile) {
  if (data.fileName.empty() || data.fileName == path.filename()) return true;
  if (!data.uuid.empty() && data.uuid == ome.uuid) return true;
  std::error_code error;
  return hasOneFile && !fs::exists(path.parent_path() / data.fileName, error);
}

bool namesOneFile(const OmeImage& image) {
  return std::all_of(image.data.begin(), image.data.end(),
                     [&](const OmeTiffData& data) { return data.fileName == image.data.front().fileName; });
}

Status placePlanes(TiffImage& image, const OmeXml& ome, OmeImage& described, const fs::path& path) {
  FileSet files(path.parent_path(), image);
  const bool hasPages = image.firstPages != nullptr;
  if (hasPages) files.add(path.filename().string(), path);
  if (described.data.empty()) described.data.emplace_back();
  const bool hasOneFile = namesOneFile(described);
  PlaneTable table(described, image);
  for (const OmeTiffData& data : described.data) {
    int32_t number = 0;
    const bool isThis = hasPages && isThisFile(data, ome, path, hasOneFile);
    if (!isThis) {
      if (data.fileName.empty())
        return cannotOpen(path, "its OME-XML metadata names no TIFF file; open the TIFF itself");
      CYTO_ASSIGN(number, files.numberOf(data.fileName));
      if (number == 0 && !image.firstPages) {
        CYTO_ASSIGN(image.firstPages, TiffPages::open(image.files.front()));
      }
    }
    int64_t pagesInFile = 0;
    if (data.planes < 0) {
      auto pages = image.firstPages;
      if (number != 0) {
        CYTO_ASSIGN(pages, TiffPages::open(image.files[static_cast<size_t>(number)]));
      }
      pagesInFile = static_cast<int64_t>(pages->directories.size());
    }
    table.place(data, number, pagesInFile);
  }
  return {};
}

void setAxes(ImageInfo& info, const OmeImage& described) {
  for (auto axis = described.order.rbegin(); axis != described.order.rend(); ++axis) {
    const int64_t extent = *axis == 'C'   ? described.sizeC / described.samplesPerChannel
                           : *axis == 'Z' ? described.sizeZ
                           : *axis == 'T' ? described.sizeT
                                          : 1;
    if (extent == 1) continue;
    info.fileAxes += *axis;
    info.fileShape.push_back(extent);
  }
}

}  // namespace

Result<TiffImage> imageFromOme(std::shared_ptr<const TiffPages> pages, const fs::path& path, const std::string& xml,
                               const std::string& key) {
  CYTO_ASSIGN(OmeXml ome, parseOmeXml(path, xml));
  if (!ome.metadataFile.empty() && ome.images.empty() && pages) {
    const fs::path companion = path.parent_path() / ome.metadataFile;
    std::error_code error;
    if (!fs::exists(companion, error)) {
      return cannotOpen(path,
                        "it is part of a multi-file OME-TIFF whose metadata file '" + ome.metadataFile +
                            "' is not there; put all files of the set in one folder",
                        ErrorCode::kNotFound);
    }
    CYTO_ASSIGN(const std::string companionXml, readSmallFile(companion, kMaxCompanion_bytes));
    return imageFromOme(nullptr, companion, companionXml, key);
  }
  CYTO_ASSIGN(OmeImage described, chosenImage(path, ome, key));
  TiffImage image;
  image.firstPages = std::move(pages);
  CYTO_TRY(placePlanes(image, ome, described, path));
  if (!image.firstPages) return cannotOpen(path, "its OME-XML metadata names no TIFF file; open the TIFF itself");

  const auto first = std::find_if(image.planes.begin(), image.planes.end(),
                                  [](const TiffPlane& plane) { return plane.file == 0 && plane.page >= 0; });
  const auto& directories = image.firstPages->directories;
  const size_t firstPage = first == image.planes.end() ? 0 : static_cast<size_t>(first->page);
  if (firstPage >= directories.size())
    return cannotOpen(path, "it lacks the pages that its OME-XML metadata names; export it again");
  const TiffDirectory& page = directories[firstPage];
  image.info.format = "OME-TIFF";
  image.info.key = key;
  image.info.scale = described.scale;
  image.info.channelNames = described.channelNames;
  image.info.shape = {described.sizeT, described.sizeZ, page.height, page.width};
  image.pageChannels = described.sizeC / described.samplesPerChannel;
  setAxes(image.info, described);
  appendPageAxes(image.info, page);
  CYTO_TRY(describePixels(image, page));
  findLevels(image, page, false);
  return image;
}

}  // namespace cyto::io
