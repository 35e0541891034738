#pragma once

#include <filesystem>
#include <memory>

#include "core/io/file_bytes.h"
#include "core/io/image_source.h"

namespace cyto::io {

/// One function per format family. Each is called by `openImage` once the content has told the format.
using OpenedSource = Result<std::unique_ptr<ImageSource>>;

OpenedSource openPng(FileBytes file);
OpenedSource openJpeg(FileBytes file);
OpenedSource openNpy(FileBytes file);
OpenedSource openTiff(const std::filesystem::path& path, const OpenOptions& options);
/// The *.companion.ome file of a multi-file OME-TIFF.
OpenedSource openOmeCompanion(const std::filesystem::path& path, const OpenOptions& options);
OpenedSource openHdf5(const std::filesystem::path& path, const OpenOptions& options);
/// The XML file of BigDataViewer that names an HDF5 file or N5 folder.
OpenedSource openBdvXml(const std::filesystem::path& path, const OpenOptions& options);
OpenedSource openZarr(const std::filesystem::path& path, const OpenOptions& options);
OpenedSource openN5(const std::filesystem::path& path, const OpenOptions& options);
OpenedSource openFolder(const std::filesystem::path& path, const OpenOptions& options);

/// Whether a folder is a zarr (v2 or v3) or N5 store, array or group.
bool isZarrFolder(const std::filesystem::path& path);
bool isN5Folder(const std::filesystem::path& path);

}  // namespace cyto::io
