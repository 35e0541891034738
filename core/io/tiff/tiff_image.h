#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/byte_budget_cache.h"
#include "core/io/image_source.h"
#include "core/io/tiff/tiff_pixels.h"

namespace cyto::io {

/// A TIFF file of an image together with its pages.
struct TiffPages {
  std::shared_ptr<TiffFile> file;
  std::vector<TiffDirectory> directories;

  static Result<std::shared_ptr<const TiffPages>> open(const std::filesystem::path& path);
};

/// Where one plane lies.
struct TiffPlane {
  int32_t file = 0;         ///< index into TiffImage::files
  int64_t page = -1;        ///< index into the main chain of that file; -1: the file set does not hold it
  int64_t shift_bytes = 0;  ///< behind the pixels of that page, for stacks with one directory
};

/// One image spread over pages and perhaps files.
struct TiffImage {
  ImageInfo info;
  std::vector<std::filesystem::path> files;
  std::shared_ptr<const TiffPages> firstPages;  ///< pages of files[0]
  TiffPixels pixels;
  int64_t pageChannels = 1;       ///< channels in distinct pages; info.channels = pageChannels * pixels.kept
  std::vector<TiffPlane> planes;  ///< index (pageChannel * t + t) * z + z
  /// For levels 1, 2, …: which of the reduced copies. `isSub`: index among the copies that hang on the page of
  /// each plane (SubIFDs); otherwise a page of the main chain (images of one plane).
  struct Level {
    bool isSub = true;
    int64_t index = 0;
  };
  std::vector<Level> reduced;
};

/// The copies that hang on a page: every SubIFD and what is chained to it.
std::vector<TiffDirectory> subDirectoriesOf(const TiffStructure& structure, const TiffDirectory& page);

/// Fills info.levels and `reduced` from the SubIFDs of the first plane, or from smaller copies among the pages.
void findLevels(TiffImage& image, const TiffDirectory& finest, bool mayUsePages);

/// Fills what the pixels of the first page tell: dtype, channels, RGB, sample names.
Status describePixels(TiffImage& image, const TiffDirectory& page);

/// "YX", "YXS" or "SYX" and its extents, appended to the axes of the planes.
void appendPageAxes(ImageInfo& info, const TiffDirectory& page);

/// Plain multi-page files, ImageJ stacks, MetaMorph stacks. `key` chooses a group of equal pages by number.
Result<TiffImage> imageFromPages(std::shared_ptr<const TiffPages> pages, const std::string& description,
                                 const std::string& key);

/// OME-TIFF. `xml` is the metadata found in `pages` or, when `companion` is not empty, in that file.
Result<TiffImage> imageFromOme(std::shared_ptr<const TiffPages> pages, const std::filesystem::path& path,
                               const std::string& xml, const std::string& key);

}  // namespace cyto::io
