#pragma once

#include <hdf5.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/io/nd_source.h"

namespace cyto::io {

/// The HDF5 library of the distribution is not thread-safe: every call of it in the program is made while this
/// lock is held.
std::mutex& hdf5Lock();

/// Closes an HDF5 identifier of any kind. Needs the lock.
class Hdf5Id {
 public:
  explicit Hdf5Id(hid_t id = -1) : id_(id) {}
  Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Hdf5Id& operator=(Hdf5Id&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Hdf5Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_;
};

/// A file that stays open, with what is needed to find arrays in it. The functions take the lock themselves.
class Hdf5File {
 public:
  static Result<std::shared_ptr<const Hdf5File>> open(const std::filesystem::path& path);
  ~Hdf5File();

  const std::filesystem::path& path() const { return path_; }

  /// Paths of all data sets of numbers with at least one axis, without the leading slash, sorted.
  std::vector<std::string> datasets() const;
  bool hasDataset(const std::string& key) const;

  /// A text attribute of a data set or group; nothing when absent or of another type.
  std::optional<std::string> textAttribute(const std::string& key, const std::string& name) const;
  /// A numeric attribute or data set as doubles; empty when absent.
  std::vector<double> numberAttribute(const std::string& key, const std::string& name) const;

  /// Errors: kFormat when its type is no number or a compression is missing in this build.
  Result<std::shared_ptr<const NdArray>> array(const std::string& key) const;

 private:
  Hdf5File(std::filesystem::path path, hid_t id) : path_(std::move(path)), id_(id) {}

  std::filesystem::path path_;
  hid_t id_;
};

}  // namespace cyto::io
