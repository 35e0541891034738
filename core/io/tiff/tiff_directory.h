#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/io/file_bytes.h"

namespace cyto::io {

/// A tag's values where they lie in the file; nothing is loaded until asked.
struct TiffValues {
  uint16_t type = 0;
  int64_t count = 0;
  int64_t offset = 0;  ///< of the first value
  bool exists() const { return count > 0; }
};

/// What one image file directory (IFD) says, as far as we need it. Values have the defaults of TIFF 6.0.
struct TiffDirectory {
  int64_t offset = 0;
  int64_t nextOffset = 0;
  int64_t width = 0;
  int64_t height = 0;
  int64_t tileWidth = 0;  ///< 0: strips
  int64_t tileHeight = 0;
  int64_t rowsPerStrip = 0;  ///< at most height
  int bits = 1;
  int sampleFormat = 1;  ///< 1 unsigned, 2 signed, 3 float, 5 and 6 complex
  int64_t samples = 1;
  int compression = 1;
  int photometric = -1;
  int predictor = 1;
  int fillOrder = 1;
  bool isPlanar = false;
  bool isReduced = false;  ///< a smaller copy of another page
  bool isMask = false;
  bool hasMixedSamples = false;  ///< samples of distinct depth or format, which nobody reads
  std::vector<uint16_t> extraSamples;
  std::vector<int64_t> subDirectories;
  double xResolution = 0;  ///< pixels per unit; 0 when absent or nonsense
  double yResolution = 0;
  int resolutionUnit = 2;  ///< 1 none, 2 inch, 3 centimetre
  TiffValues description;
  TiffValues software;
  TiffValues chunkOffsets;  ///< of strips or tiles
  TiffValues chunkSizes_bytes;
  int64_t stkPlanes = 0;  ///< MetaMorph: planes stored behind each other under one directory

  bool isTiled() const { return tileWidth > 0; }
  int64_t chunkWidth() const { return isTiled() ? tileWidth : width; }
  int64_t chunkHeight() const { return isTiled() ? tileHeight : rowsPerStrip; }
  int64_t chunksAcross() const { return (width + chunkWidth() - 1) / chunkWidth(); }
  int64_t chunksDown() const { return (height + chunkHeight() - 1) / chunkHeight(); }
  /// Samples that lie interleaved in one strip or tile.
  int64_t chunkSamples() const { return isPlanar ? 1 : samples; }
  int64_t chunkCount() const { return chunksAcross() * chunksDown() * (isPlanar ? samples : 1); }

  /// Same pixel type and layout of samples, so that two pages can be planes of one image.
  bool hasSamplesLike(const TiffDirectory& other) const;
};

/// The skeleton of a classic TIFF or BigTIFF file: header and directories, read with bounds checks and
/// without loading pixels or tables of strips. Thread-safe.
class TiffStructure {
 public:
  /// Errors: kFormat when the header is no TIFF header.
  static Result<TiffStructure> open(FileBytes file);

  const FileBytes& file() const { return file_; }
  bool isBigEndian() const { return isBigEndian_; }
  bool isBig() const { return isBig_; }

  /// Parses the directory at `offset`. Errors: kFormat.
  Result<TiffDirectory> directoryAt(int64_t offset) const;

  /// The main chain from the first directory on. A loop or a damaged link ends the chain when at least one
  /// directory was read; that much is shown.
  Result<std::vector<TiffDirectory>> mainChain() const;

  /// Value `index` of a tag with integer values.
  Result<int64_t> integerAt(const TiffValues& values, int64_t index) const;

  /// A text, at most `limit_bytes` long; empty when the tag is absent or longer.
  Result<std::string> text(const TiffValues& values, int64_t limit_bytes) const;

 private:
  explicit TiffStructure(FileBytes file) : file_(std::move(file)) {}

  Error damaged(const std::string& what) const;
  uint64_t number(const std::byte* bytes, int size) const;
  Result<TiffValues> valuesOf(const std::byte* entry, int64_t entryOffset) const;
  Status applyTag(uint16_t tag, const TiffValues& values, TiffDirectory& directory) const;
  Status checkLayout(TiffDirectory& directory) const;
  Result<double> rational(const TiffValues& values) const;
  Result<bool> allEqual(const TiffValues& values, int64_t& first) const;

  FileBytes file_;
  bool isBigEndian_ = false;
  bool isBig_ = false;
  int64_t firstOffset_ = 0;
};

}  // namespace cyto::io
