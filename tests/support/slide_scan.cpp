#include "tests/support/slide_scan.h"

#include <tiffio.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace cyto::test {

namespace {

constexpr uint32_t kSide = 20000;
constexpr uint32_t kTile = 512;

}  // namespace

void writeSlideScan(const std::filesystem::path& path) {
  std::vector<uint8_t> tile(kTile * kTile);
  for (uint32_t i = 0; i < tile.size(); ++i) tile[i] = static_cast<uint8_t>((i * 2654435761U) >> 27);
  TIFF* file = TIFFOpen(path.c_str(), "w8");
  if (!file) throw std::runtime_error("the TIFF for the benchmark cannot be written");
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, kSide);
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, kSide);
  TIFFSetField(file, TIFFTAG_TILEWIDTH, kTile);
  TIFFSetField(file, TIFFTAG_TILELENGTH, kTile);
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(file, TIFFTAG_ZIPQUALITY, 1);
  for (uint32_t i = 0; i < TIFFNumberOfTiles(file); ++i) {
    TIFFWriteEncodedTile(file, i, tile.data(), static_cast<tmsize_t>(tile.size()));
  }
  TIFFClose(file);
}

}  // namespace cyto::test
