#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/result.h"
#include "core/synthesis/synthesis.h"

namespace cyto::cli {

/// What index.csv says about one sample.
struct SampleEntry {
  std::string file;  ///< name of the image
  std::string kind;
  uint64_t seed = 0;  ///< of this sample
  int64_t objects = 0;
};

/// A folder that fills with synthetic samples: images with labels beside them, `index.csv` that lists what is finished,
/// and `synthesis.json` that says what the samples are, so that only the same command goes on with it. One process
/// writes at a time.
class SampleFolder {
 public:
  /// Makes the folder, or opens one with the same settings. Errors: kInvalidArgument for a folder with other contents,
  /// kIo, also while another process writes in it.
  static Result<std::unique_ptr<SampleFolder>> open(const std::filesystem::path& path, const std::string& settings);
  ~SampleFolder();
  SampleFolder(const SampleFolder&) = delete;
  SampleFolder& operator=(const SampleFolder&) = delete;

  /// Whether a sample is listed and its files are there. `stem` is its name without suffix.
  bool holds(const std::string& stem) const;

  /// Writes image, labels and, for a series, STEM_man_track.txt; each appears whole or not at all. Thread-safe.
  Status write(const std::string& stem, const std::string& kind, uint64_t seed,
               const synthesis::SyntheticSample& sample);

  /// Lists in index.csv what is finished.
  Status writeIndex() const;

  std::map<std::string, SampleEntry> entries() const;  ///< by stem

 private:
  SampleFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  void readIndex();
  void removeLeftovers() const;

  std::filesystem::path path_;
  int lock_;  ///< file descriptor of synthesis.json, locked
  mutable std::mutex mutex_;
  std::map<std::string, SampleEntry> entries_;
};

}  // namespace cyto::cli
