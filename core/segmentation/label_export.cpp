#include "core/segmentation/label_export.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/atomic_file.h"
#include "core/io/label_writer.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error refused(const fs::path& path, const std::string& what) {
  return Error(ErrorCode::kInvalidArgument, "cannot write '" + path.string() + "': " + what);
}

template <typename T>
Status writeNarrowPng(const fs::path& path, const Array& labels) {
  CYTO_ASSIGN(Array narrow, Array::create(DtypeOf<T>::value, labels.shape()));
  const auto wide = labels.as<uint32_t>();
  std::transform(wide.begin(), wide.end(), narrow.as<T>().begin(), [](uint32_t id) { return static_cast<T>(id); });
  return io::writePng(path, narrow);
}

Status writeLabelPng(const fs::path& path, const Array& labels) {
  const Shape& shape = labels.shape();
  if (shape.t != 1 || shape.z != 1) {
    return refused(path, "a PNG holds one plane and the labels have the shape " + shape.text() +
                             " (t, z, y, x); use a name that ends in .tif");
  }
  const auto ids = labels.as<uint32_t>();
  const uint32_t largest = ids.empty() ? 0 : *std::max_element(ids.begin(), ids.end());
  if (largest > 65535) {
    return refused(path, "a PNG holds ids up to 65535 and there is the id " + std::to_string(largest) +
                             "; use a name that ends in .tif");
  }
  return largest <= 255 ? writeNarrowPng<uint8_t>(path, labels) : writeNarrowPng<uint16_t>(path, labels);
}

}  // namespace

std::string_view labelFormatName(LabelFormat format) {
  switch (format) {
    case LabelFormat::kTiff: return "tiff";
    case LabelFormat::kPng: return "png";
    case LabelFormat::kOmeZarr: break;
  }
  return "ome-zarr";
}

Result<LabelFormat> labelFormatFromName(const std::string& name) {
  for (const LabelFormat format : {LabelFormat::kTiff, LabelFormat::kPng, LabelFormat::kOmeZarr}) {
    if (name == labelFormatName(format)) return format;
  }
  return Error(ErrorCode::kInvalidArgument, "'" + name + "' is no label format; use tiff, png or ome-zarr");
}

Result<LabelFormat> labelFormatFromPath(const fs::path& path) {
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (suffix == ".tif" || suffix == ".tiff") return LabelFormat::kTiff;
  if (suffix == ".png") return LabelFormat::kPng;
  if (suffix == ".zarr") return LabelFormat::kOmeZarr;
  return refused(path, "its name says no label format; use a name that ends in .tif, .png or .zarr");
}

Status checkTarget(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code failed;
  const fs::file_status status = fs::status(folder, failed);
  if (!fs::exists(status)) {
    return Error(ErrorCode::kNotFound, "cannot write '" + path.string() + "': the folder '" + folder.string() +
                                           "' does not exist; make it first");
  }
  if (!fs::is_directory(status)) {
    return Error(ErrorCode::kIo, "cannot write '" + path.string() + "': '" + folder.string() +
                                     "' is not a folder; choose another place");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Error(ErrorCode::kIo, "cannot write '" + path.string() + "': " + systemErrorText(errno) +
                                     "; choose a folder that you may write to");
  }
  return {};
}

Status writeLabels(const fs::path& path, LabelFormat format, const Array& labels, const PixelScale& scale) {
  switch (format) {
    case LabelFormat::kTiff: return io::writeLabelTiff(path, labels, scale);
    case LabelFormat::kOmeZarr: return io::writeLabelOmeZarr(path, labels, scale);
    case LabelFormat::kPng: break;
  }
  return writeLabelPng(path, labels);
}

}  // namespace cyto
