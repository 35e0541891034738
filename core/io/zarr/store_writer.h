#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/label_writer.h"

namespace cyto::io {

/// How chunks of a new array are compressed. A build without libdeflate stores them as they are.
enum class ChunkCompression { kNone, kZlib, kGzip };

/// A zarr v2 array in C order, little-endian, with the fill value 0.
struct NewZarrArray {
  std::vector<int64_t> shape;
  std::vector<int64_t> chunk;
  std::string dtype;  ///< as NumPy names it, e.g. "<u4"
  ChunkCompression compression = ChunkCompression::kZlib;
  char separator = '/';
};

/// Writes one store. Errors name the store that is made, not the hidden folder it is made in.
class StoreWriter {
 public:
  /// `folder` is where it is written, `shown` the name it will have.
  StoreWriter(std::filesystem::path folder, std::filesystem::path shown)
      : folder_(std::move(folder)), shown_(std::move(shown)) {}

  /// Groups and arrays are named by keys with forward slashes; "" is the root. Folders on the way are made.
  Status makeGroup(const std::string& key, const nlohmann::json& attributes) const;
  Status makeArray(const std::string& key, const NewZarrArray& array) const;

  /// A small array of doubles (dtype "<f8") or 64-bit integers ("<i8"), in one chunk.
  Status writeNumbers(const std::string& key, const std::vector<int64_t>& shape, std::span<const double> values) const;
  Status writeNumbers(const std::string& key, const std::vector<int64_t>& shape, std::span<const int64_t> values) const;

  /// Any bytes, at least one, as an array of uint8 in compressed chunks.
  Status writeBytes(const std::string& key, std::string_view bytes) const;

  /// All chunks of an array of labels that was made; those without a label are left out. `axes` names the array's axes
  /// by letters of "tzyx", in this order; axes that are not there have one element.
  Status writeLabels(const std::string& key, const NewZarrArray& array, const std::string& axes,
                     const LabelPixels& labels, const JobContext& job) const;

 private:
  Status writeFile(const std::filesystem::path& path, std::string_view content) const;
  Status makeFolder(const std::filesystem::path& folder) const;
  std::filesystem::path chunkPath(const std::string& key, const NewZarrArray& array,
                                  std::span<const int64_t> position) const;

  std::filesystem::path folder_;
  std::filesystem::path shown_;
};

/// The letters of "tzyx" whose extent is more than one; y and x always.
std::string longAxes(const Shape& shape);

/// Makes a store so that it appears whole or not at all:
///   1. `fill` writes into a hidden folder beside the target,
///   2. everything is synced, and `check` (may be empty) looks at it,
///   3. the folder takes the target's name; an older zarr store of that name is replaced in the same step.
/// kIo when the name belongs to anything else.
Status writeStore(const std::filesystem::path& target, const std::function<Status(const StoreWriter&)>& fill,
                  const std::function<Status(const std::filesystem::path& finished)>& check);

}  // namespace cyto::io
