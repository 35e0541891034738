#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/array/shape.h"
#include "core/base/result.h"

namespace cyto::io {

/// The parts of OME-XML (schema 2016-06 and older, any prefix) that place planes and scale them.
struct OmeTiffData {
  int64_t firstC = 0;
  int64_t firstZ = 0;
  int64_t firstT = 0;
  int64_t ifd = 0;
  int64_t planes = -1;   ///< -1: all that follow in the file
  std::string fileName;  ///< empty: the file that carries the metadata
  std::string uuid;
};

struct OmeImage {
  std::string name;
  std::string order = "XYCZT";
  int64_t sizeC = 1;
  int64_t sizeZ = 1;
  int64_t sizeT = 1;
  int64_t samplesPerChannel = 1;
  std::vector<std::string> channelNames;
  PixelScale scale;
  std::vector<OmeTiffData> data;
};

struct OmeXml {
  std::string uuid;
  std::string metadataFile;  ///< not empty: everything else is in that companion file
  std::vector<OmeImage> images;
};

/// Errors: kFormat when it is no OME-XML or its sizes are absurd.
Result<OmeXml> parseOmeXml(const std::filesystem::path& path, const std::string& xml);

}  // namespace cyto::io
