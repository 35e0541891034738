#include "core/io/hdf5/hdf5_file.h"

#include <algorithm>

#include "core/io/file_bytes.h"
#include "core/io/hdf5/hdf5_chunks.h"
#include "core/io/nd_box.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxDatasets = 100'000;
constexpr hsize_t kMaxAttribute_bytes = 16 << 20;

Error damaged(const fs::path& path, const std::string& what) {
  return cannotOpen(path, "the HDF5 file is truncated or damaged (" + what + "); copy or export it again");
}

// The library prints its own traces unless told not to.
void silence() {
  static const bool once = [] {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  static_cast<void>(once);
}

bool holdsNumbers(hid_t dataset) {
  const Hdf5Id type(H5Dget_type(dataset));
  const H5T_class_t kind = H5Tget_class(type.get());
  const Hdf5Id space(H5Dget_space(dataset));
  return (kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM) && H5Sget_simple_extent_ndims(space.get()) > 0;
}

herr_t collectDataset(hid_t file, const char* name, const H5O_info_t* info, void* found) {
  auto& names = *static_cast<std::vector<std::string>*>(found);
  if (info->type != H5O_TYPE_DATASET) return 0;
  const Hdf5Id dataset(H5Dopen2(file, name, H5P_DEFAULT));
  if (dataset && holdsNumbers(dataset.get())) names.emplace_back(name);
  return names.size() < kMaxDatasets ? 0 : 1;
}

std::string filterName(H5Z_filter_t filter) {
  switch (filter) {
    case H5Z_FILTER_DEFLATE: return "gzip";
    case H5Z_FILTER_SZIP: return "szip";
    case 307: return "bzip2";
    case 32000: return "lzf";
    case 32001: return "blosc";
    case 32004: return "lz4";
    case 32008: return "bitshuffle";
    case 32013: return "zfp";
    case 32015: return "zstd";
    default: return "filter number " + std::to_string(filter);
  }
}

Status checkFilters(const fs::path& shown, hid_t dataset) {
  const Hdf5Id properties(H5Dget_create_plist(dataset));
  const int filters = H5Pget_nfilters(properties.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    size_t values = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, nullptr);
    if (filter >= 0 && H5Zfilter_avail(filter) <= 0) {
      return cannotOpen(shown, "it is compressed with " + filterName(filter) +
                                   ", which the HDF5 library here lacks; store it with gzip compression or none");
    }
  }
  return {};
}

hid_t nativeType(Dtype dtype) {
  switch (dtype) {
    case Dtype::kUint8: return H5T_NATIVE_UINT8;
    case Dtype::kInt8: return H5T_NATIVE_INT8;
    case Dtype::kUint16: return H5T_NATIVE_UINT16;
    case Dtype::kInt16: return H5T_NATIVE_INT16;
    case Dtype::kUint32: return H5T_NATIVE_UINT32;
    case Dtype::kInt32: return H5T_NATIVE_INT32;
    case Dtype::kUint64: return H5T_NATIVE_UINT64;
    case Dtype::kInt64: return H5T_NATIVE_INT64;
    case Dtype::kFloat32: return H5T_NATIVE_FLOAT;
    case Dtype::kFloat64: break;
  }
  return H5T_NATIVE_DOUBLE;
}

Result<FileDtype> dtypeOf(const fs::path& shown, hid_t type) {
  const size_t size = H5Tget_size(type);
  const H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_ENUM && size == 1) return FileDtype{Dtype::kUint8, false, true};  // h5py stores bool so
  const auto parsed = [&]() -> std::optional<FileDtype> {
    if (kind == H5T_FLOAT && size == 2) return FileDtype{Dtype::kFloat32, true, false};
    const std::string bits = std::to_string(size * 8);
    const bool isSigned = kind == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
    const auto dtype = dtypeFromName(kind == H5T_FLOAT     ? "float" + bits
                                     : kind == H5T_INTEGER ? (isSigned ? "int" : "uint") + bits
                                                           : "");
    return dtype ? std::optional(FileDtype{*dtype}) : std::nullopt;
  }();
  if (parsed) return *parsed;
  const std::string name = kind == H5T_STRING     ? "text"
                           : kind == H5T_COMPOUND ? "records or complex numbers"
                                                  : "of an unusual kind";
  return cannotOpen(shown, "its elements are " + name + ", which is not read; store integers or floats");
}

class Hdf5Array : public NdArray {
 public:
  Hdf5Array(fs::path path, std::shared_ptr<const Hdf5File> file, Hdf5Id dataset, FileDtype dtype,
            std::vector<int64_t> shape)
      : path_(std::move(path)), file_(std::move(file)), dataset_(std::move(dataset)) {
    dtype_ = dtype;
    shape_ = std::move(shape);
    chunks_ = Hdf5Chunks::of(dataset_.get(), dtype_);
  }
  ~Hdf5Array() override {
    const std::lock_guard lock(hdf5Lock());
    dataset_ = Hdf5Id();
  }

  Status read(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out,
              const JobContext& job) const override {
    CYTO_TRY(job.cancel.check());
    if (elementsOf(count) <= 0) return {};
    if (chunks_) return chunks_->read(path_, dataset_.get(), begin, count, out, job);
    const std::vector<hsize_t> start(begin.begin(), begin.end());
    const std::vector<hsize_t> extent(count.begin(), count.end());
    const std::lock_guard lock(hdf5Lock());
    const Hdf5Id fileSpace(H5Dget_space(dataset_.get()));
    const Hdf5Id memorySpace(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
    const bool selected =
        H5Sselect_hyperslab(fileSpace.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr) >= 0;
    // A bool is an enumeration; it is read as it is, everything else is converted to the native type.
    const Hdf5Id fileType(H5Dget_type(dataset_.get()));
    const hid_t memoryType = dtype_.isBool ? fileType.get() : nativeType(dtype_.dtype);
    if (!selected ||
        H5Dread(dataset_.get(), memoryType, memorySpace.get(), fileSpace.get(), H5P_DEFAULT, out.data()) < 0) {
      return cannotRead(path_, "the HDF5 file is truncated or damaged; copy or export it again");
    }
    if (dtype_.isBool) normaliseBools(out);
    return {};
  }

 private:
  fs::path path_;
  std::shared_ptr<const Hdf5File> file_;  // keeps the file open
  Hdf5Id dataset_;
  std::optional<Hdf5Chunks> chunks_;  // absent: the library itself reads
};

}  // namespace

std::mutex& hdf5Lock() {
  static std::mutex lock;
  return lock;
}

Result<std::shared_ptr<const Hdf5File>> Hdf5File::open(const fs::path& path) {
  const std::lock_guard lock(hdf5Lock());
  silence();
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) return damaged(path, "it cannot be opened; another program may be writing it");
  return std::shared_ptr<const Hdf5File>(new Hdf5File(path, id));
}

Hdf5File::~Hdf5File() {
  const std::lock_guard lock(hdf5Lock());
  H5Fclose(id_);
}

std::vector<std::string> Hdf5File::datasets() const {
  const std::lock_guard lock(hdf5Lock());
  std::vector<std::string> names;
  H5Ovisit(id_, H5_INDEX_NAME, H5_ITER_NATIVE, collectDataset, &names);
  std::sort(names.begin(), names.end());
  return names;
}

bool Hdf5File::hasDataset(const std::string& key) const {
  const std::lock_guard lock(hdf5Lock());
  const Hdf5Id object(H5Oopen(id_, key.c_str(), H5P_DEFAULT));
  return object && H5Iget_type(object.get()) == H5I_DATASET;
}

std::optional<std::string> Hdf5File::textAttribute(const std::string& key, const std::string& name) const {
  const std::lock_guard lock(hdf5Lock());
  const Hdf5Id attribute(H5Aopen_by_name(id_, key.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute) return std::nullopt;
  const Hdf5Id type(H5Aget_type(attribute.get()));
  const Hdf5Id space(H5Aget_space(attribute.get()));
  if (H5Tget_class(type.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1) return std::nullopt;
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute.get(), type.get(), &text) < 0 || text == nullptr) return std::nullopt;
    std::string copy(text);
    H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, &text);
    return copy;
  }
  const size_t size = H5Tget_size(type.get());
  if (size > kMaxAttribute_bytes) return std::nullopt;
  std::string text(size, '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0) return std::nullopt;
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

std::vector<double> Hdf5File::numberAttribute(const std::string& key, const std::string& name) const {
  const std::lock_guard lock(hdf5Lock());
  const Hdf5Id attribute(H5Aopen_by_name(id_, key.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute) return {};
  const Hdf5Id type(H5Aget_type(attribute.get()));
  const Hdf5Id space(H5Aget_space(attribute.get()));
  const hssize_t count = H5Sget_simple_extent_npoints(space.get());
  const H5T_class_t kind = H5Tget_class(type.get());
  if ((kind != H5T_FLOAT && kind != H5T_INTEGER) || count < 1 || count > 64) return {};
  std::vector<double> values(static_cast<size_t>(count));
  if (H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, values.data()) < 0) return {};
  return values;
}

Result<std::shared_ptr<const NdArray>> Hdf5File::array(const std::string& key) const {
  const fs::path shown = path_ / key;
  const std::lock_guard lock(hdf5Lock());
  Hdf5Id dataset(H5Dopen2(id_, key.c_str(), H5P_DEFAULT));
  if (!dataset) return damaged(shown, "the data set cannot be opened");
  const Hdf5Id type(H5Dget_type(dataset.get()));
  const Hdf5Id space(H5Dget_space(dataset.get()));
  const int rank = H5Sget_simple_extent_ndims(space.get());
  std::vector<hsize_t> extent(static_cast<size_t>(std::max(rank, 0)));
  H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);
  CYTO_ASSIGN(const FileDtype dtype, dtypeOf(shown, type.get()));
  CYTO_TRY(checkFilters(shown, dataset.get()));
  // Its own handle on the file, so that the array outlives the one it was found through.
  std::shared_ptr<const Hdf5File> owner(new Hdf5File(path_, H5Iget_file_id(dataset.get())));
  std::vector<int64_t> shape(extent.begin(), extent.end());
  return std::shared_ptr<const NdArray>(
      std::make_shared<const Hdf5Array>(shown, std::move(owner), std::move(dataset), dtype, std::move(shape)));
}

}  // namespace cyto::io
