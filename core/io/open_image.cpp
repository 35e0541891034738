#include <algorithm>
#include <array>
#include <string_view>

#include "core/io/image_source.h"
#include "core/io/sources.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

enum class Format { kUnknown, kPng, kJpeg, kTiff, kHdf5, kNpy, kOmeXml, kBdvXml };

constexpr std::string_view kHdf5Signature = "\x89HDF\r\n\x1a\n";

// What the first bytes say; `foreign` names a known kind that is not read.
struct Recognised {
  Format format = Format::kUnknown;
  std::string foreign;
};

bool isHdf5At(const FileBytes& file, int64_t offset) {
  std::array<char, 8> bytes{};
  return offset + 8 <= file.size_bytes() && file.readAt(offset, std::as_writable_bytes(std::span(bytes))) &&
         std::string_view(bytes.data(), bytes.size()) == kHdf5Signature;
}

Recognised recogniseXml(std::string_view start) {
  if (start.find("<SpimData") != start.npos) return {Format::kBdvXml, ""};
  if (start.find("<OME") != start.npos || start.find(":OME") != start.npos) return {Format::kOmeXml, ""};
  return {Format::kUnknown, "an XML file that names no image"};
}

std::string foreignKind(std::string_view start, const fs::path& path) {
  const auto begins = [&](std::string_view magic) { return start.substr(0, magic.size()) == magic; };
  if (begins("ZISRAWFILE")) return "a Zeiss CZI file";
  if (begins("GIF8")) return "a GIF file";
  if (begins("BM")) return "a BMP file";
  if (begins("RIFF")) return "a RIFF file (WebP or AVI)";
  if (begins("PK\x03\x04")) return "a ZIP archive; unpack it and open what is inside";
  if (begins("ics_version") || begins("\tics_version") || begins("\t\nics_version") || begins("\nics_version")) {
    return "an ICS header";
  }
  if (begins("DIRS") || begins("\x70\x00\x00\x00")) return "a Leica LIF file";
  if (begins("\xDA\xCE\xBE\x0A")) return "a Nikon ND2 file";
  if (begins("NRRD000")) return "an NRRD file";
  if (start.size() >= 348 && (start.substr(344, 3) == "n+1" || start.substr(344, 3) == "ni1")) return "a NIfTI file";
  if (begins("\x1f\x8b")) {
    return path.stem().extension() == ".nii" ? "a compressed NIfTI file" : "a gzip file; unpack it first";
  }
  return "";
}

Recognised recognise(const FileBytes& file) {
  std::string start(static_cast<size_t>(std::min<int64_t>(file.size_bytes(), 4096)), '\0');
  if (!file.readAt(0, std::as_writable_bytes(std::span(start)))) return {};
  const auto begins = [&](std::string_view magic) { return std::string_view(start).substr(0, magic.size()) == magic; };
  using namespace std::string_view_literals;
  if (begins("\x89PNG\r\n\x1a\n"sv)) return {Format::kPng, ""};
  if (begins("\xFF\xD8\xFF"sv)) return {Format::kJpeg, ""};
  if (begins("II*\0"sv) || begins("MM\0*"sv) || begins("II+\0"sv) || begins("MM\0+"sv)) return {Format::kTiff, ""};
  if (begins("\x93NUMPY"sv)) return {Format::kNpy, ""};
  // A user block of 512 bytes or a power-of-two multiple may stand before HDF5.
  for (int64_t offset = 0; offset <= (int64_t{1} << 20); offset = offset == 0 ? 512 : offset * 2) {
    if (isHdf5At(file, offset)) return {Format::kHdf5, ""};
  }
  const size_t text = start.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (text != start.npos && start[text] == '<') return recogniseXml(start);
  return {Format::kUnknown, foreignKind(start, file.path())};
}

Error notAnImage(const FileBytes& file, const Recognised& recognised) {
  constexpr std::string_view kReadable = "TIFF, OME-TIFF, PNG, JPEG, zarr, OME-Zarr, N5, HDF5 and NPY";
  if (!recognised.foreign.empty()) {
    return cannotOpen(file.path(), "it is " + recognised.foreign +
                                       (recognised.foreign.find(';') == std::string::npos
                                            ? ", which is not read; export it as OME-TIFF, TIFF or PNG"
                                            : ""));
  }
  return cannotOpen(file.path(), "its content is of no known image format; readable are " + std::string(kReadable));
}

OpenedSource openFile(const fs::path& path, const OpenOptions& options) {
  CYTO_ASSIGN(FileBytes file, FileBytes::open(path));
  const Recognised recognised = recognise(file);
  switch (recognised.format) {
    case Format::kNpy: return openNpy(std::move(file));
#ifndef CYTOCLICK_ENGINE_ONLY
    case Format::kPng: return openPng(std::move(file));
    case Format::kJpeg: return openJpeg(std::move(file));
    case Format::kTiff: return openTiff(path, options);
    case Format::kHdf5: return openHdf5(path, options);
    case Format::kOmeXml: return openOmeCompanion(path, options);
    case Format::kBdvXml: return openBdvXml(path, options);
    case Format::kUnknown: break;
#else
    case Format::kUnknown: break;
    default:
      return cannotOpen(path, "this build of the program reads zarr, N5 and NPY only; convert the image to OME-Zarr");
#endif
  }
  return notAnImage(file, recognised);
}

// "stack.h5/raw/data": the part behind an existing file is the key inside it.
OpenedSource openInsideFile(const fs::path& path, const OpenOptions& options, const Error& notFound) {
  std::error_code ignored;
  for (fs::path file = path.parent_path(); file.has_relative_path(); file = file.parent_path()) {
    if (!fs::exists(file, ignored)) continue;
    if (fs::is_regular_file(file, ignored) && options.key.empty()) {
      OpenOptions inside = options;
      inside.key = fs::path(path.native().substr(file.native().size() + 1)).generic_string();
      return openFile(file, inside);
    }
    break;
  }
  return notFound;
}

}  // namespace

Result<std::unique_ptr<ImageSource>> openImage(const fs::path& path, const OpenOptions& options) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    if (!fs::exists(path, error)) {
      auto missing = FileBytes::open(path);
      if (!missing) return openInsideFile(path, options, missing.error());
    }
    return openFile(path, options);
  }
  if (isZarrFolder(path)) return openZarr(path, options);
  if (isN5Folder(path)) return openN5(path, options);
  return openFolder(path, options);
}

}  // namespace cyto::io
