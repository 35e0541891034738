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

constexpr LabelFormat kFormats[] = {LabelFormat::kTiff, LabelFormat::kPng, LabelFormat::kOmeZarr, LabelFormat::kNpy,
                                    LabelFormat::kMicroSam};

}  // namespace

std::string_view labelFormatName(LabelFormat format) {
  switch (format) {
    case LabelFormat::kTiff: return "tiff";
    case LabelFormat::kPng: return "png";
    case LabelFormat::kNpy: return "npy";
    case LabelFormat::kMicroSam: return "micro-sam";
    case LabelFormat::kOmeZarr: break;
  }
  return "ome-zarr";
}

Result<LabelFormat> labelFormatFromName(const std::string& name) {
  for (const LabelFormat format : kFormats) {
    if (name == labelFormatName(format)) return format;
  }
  return Error(ErrorCode::kInvalidArgument,
               "'" + name + "' is no label format; use tiff, png, ome-zarr, npy or micro-sam");
}

Result<LabelFormat> labelFormatFromPath(const fs::path& path) {
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (suffix == ".tif" || suffix == ".tiff") return LabelFormat::kTiff;
  if (suffix == ".png") return LabelFormat::kPng;
  if (suffix == ".zarr") return LabelFormat::kOmeZarr;
  if (suffix == ".npy") return LabelFormat::kNpy;
  return refused(path, "its name says no label format; use a name that ends in .tif, .png, .zarr or .npy");
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

Status writeLabels(const fs::path& path, LabelFormat format, const io::LabelPixels& labels,
                   const io::LabelWriting& writing, const io::CommitRecord& record) {
  switch (format) {
    case LabelFormat::kTiff: return io::writeLabelTiff(path, labels, writing);
    case LabelFormat::kPng: return io::writeLabelPng(path, labels, writing);
    case LabelFormat::kNpy: return io::writeLabelNpy(path, labels, writing);
    case LabelFormat::kMicroSam: return io::writeCommitStore(path, labels, record, writing);
    case LabelFormat::kOmeZarr: break;
  }
  return io::writeLabelOmeZarr(path, labels, writing);
}

Status writeLabels(const fs::path& path, LabelFormat format, const Array& labels, const PixelScale& scale) {
  if (labels.dtype() != Dtype::kUint32 || labels.channels() != 1) {
    return refused(path, "labels are numbers of 32 bits in one channel");
  }
  return writeLabels(path, format, io::ArrayLabelPixels(labels), {scale, {}, {}, {}});
}

}  // namespace cyto
