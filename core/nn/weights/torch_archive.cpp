#include "core/nn/weights/torch_archive.h"

#include <ATen/ATen.h>

#include <optional>
#include <set>
#include <unordered_map>

#include "core/nn/weights/pickle.h"
#include "core/nn/weights/stored_tensor.h"
#include "core/nn/weights/zip_archive.h"

namespace cyto::nn {

using Kind = PickleValue::Kind;

namespace {

constexpr uint64_t kLongestPickle = 256 << 20;

struct StorageType {
  const char* name;
  at::ScalarType type;
};
constexpr StorageType kStorageTypes[] = {{"FloatStorage", at::kFloat},       {"HalfStorage", at::kHalf},
                                         {"BFloat16Storage", at::kBFloat16}, {"DoubleStorage", at::kDouble},
                                         {"LongStorage", at::kLong},         {"IntStorage", at::kInt},
                                         {"ShortStorage", at::kShort},       {"CharStorage", at::kChar},
                                         {"ByteStorage", at::kByte},         {"BoolStorage", at::kBool}};

std::optional<at::ScalarType> storageType(const std::string& name) {
  for (const StorageType& entry : kStorageTypes) {
    if (name == entry.name) return entry.type;
  }
  return std::nullopt;
}

/// Elements of the storage that a tensor reaches, or nothing when its description is impossible. A tensor that shows
/// the same element many times (stride 0) could be far larger than the file, so it may not have more elements than
/// its storage.
std::optional<int64_t> reach(const PickleValue& tensor) {
  if (tensor.sizes.size() != tensor.strides.size() || tensor.storageOffset < 0) return std::nullopt;
  int64_t elements = 1;
  int64_t stride = 1;  // an extent of 0 hides the others in the number of elements, but not in the strides
  int64_t last = tensor.storageOffset;
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    const int64_t size = tensor.sizes[i];
    if (size < 0 || tensor.strides[i] < 0 || __builtin_mul_overflow(elements, size, &elements) ||
        __builtin_mul_overflow(stride, std::max<int64_t>(1, size), &stride)) {
      return std::nullopt;
    }
    int64_t span = 0;
    if (size > 0 &&
        (__builtin_mul_overflow(size - 1, tensor.strides[i], &span) || __builtin_add_overflow(last, span, &last))) {
      return std::nullopt;
    }
  }
  if (elements == 0) return 0;
  if (elements > tensor.storage->storageElements) return std::nullopt;
  return last + 1;
}

/// Reads tensors; each storage once, because tensors may share one.
class TensorReader {
 public:
  TensorReader(const BinaryFile& file, const ZipArchive& archive, std::string folder)
      : file_(file), archive_(archive), folder_(std::move(folder)) {}

  Result<at::Tensor> read(const std::string& name, const PickleValue& tensor) {
    const auto reached = reach(tensor);
    if (!reached || *reached > tensor.storage->storageElements) {
      return file_.damaged("tensor '" + name + "' reaches outside its storage");
    }
    CYTO_ASSIGN(const at::Tensor values, storage(name, *tensor.storage));
    const at::Tensor view = values.as_strided(tensor.sizes, tensor.strides, tensor.storageOffset);
    // Tensors may share a storage, but a thousand names for one storage would multiply the file in memory.
    bytesShown_ += view.nbytes();
    if (bytesShown_ > 2 * file_.size()) return file_.damaged("its tensors show far more data than it holds");
    const at::Tensor plain = view.to(view.is_floating_point() ? at::kFloat : at::kLong).contiguous();
    // What two names share in the file must not be shared when one of them is changed.
    const bool isShared = plain.is_alias_of(values) && !shownStorages_.insert(tensor.storage->text).second;
    return isShared ? plain.clone() : plain;
  }

 private:
  Result<at::Tensor> storage(const std::string& name, const PickleValue& storage) {
    const auto known = storages_.find(storage.text);
    const auto type = storageType(storage.storageType);
    if (!type)
      return file_.damaged("tensor '" + name + "' has the type " + storage.storageType.substr(0, 40) +
                           ", which is not supported");
    if (known != storages_.end() && known->second.scalar_type() == *type &&
        known->second.numel() == storage.storageElements) {
      return known->second;
    }
    const ZipArchive::Member* member = archive_.find(folder_ + "data/" + storage.text);
    uint64_t bytes = 0;
    if (!member || storage.storageElements < 0 ||
        __builtin_mul_overflow(static_cast<uint64_t>(storage.storageElements), c10::elementSize(*type), &bytes) ||
        bytes > member->size) {
      return file_.damaged("the data of tensor '" + name + "' is missing or too short");
    }
    CYTO_ASSIGN(const at::Tensor values, storedTensor(file_, member->offset, {storage.storageElements}, *type));
    storages_[storage.text] = values;
    return values;
  }

  const BinaryFile& file_;
  const ZipArchive& archive_;
  std::string folder_;
  std::set<std::string> shownStorages_;  // storages that a tensor shows without a copy
  std::unordered_map<std::string, at::Tensor> storages_;
  uint64_t bytesShown_ = 0;
};

std::string withoutPrefix(std::string key, const std::string& prefix) {
  return key.compare(0, prefix.size(), prefix) == 0 ? key.substr(prefix.size()) : key;
}

/// Training wrappers put their own name in front of every key.
std::string plainKey(const std::string& key) {
  std::string plain = withoutPrefix(key, "_orig_mod.");
  plain = withoutPrefix(plain, "module.");
  return withoutPrefix(withoutPrefix(plain, "sam."), "_orig_mod.");
}

Result<NamedTensors> readDictionary(TensorReader& reader, const PickleValue& dictionary) {
  NamedTensors tensors;
  for (const auto& [key, value] : dictionary.entries) {
    if (key->kind != Kind::kText || value->kind != Kind::kTensor) continue;
    CYTO_ASSIGN(at::Tensor tensor, reader.read(key->text, *value));
    tensors.emplace_back(plainKey(key->text), std::move(tensor));
  }
  return tensors;
}

bool isMapping(const PickleValue* value) { return value && value->kind == Kind::kMapping; }

/// The dictionary of weights: under a known name, or the root itself.
const PickleValue* weightsOf(const PickleValue& root) {
  for (const char* name : {"model_state", "state_dict", "model"}) {
    if (const PickleValue* found = root.find(name); isMapping(found)) return found;
  }
  return &root;
}

Result<std::string> folderOf(const BinaryFile& file, const ZipArchive& archive) {
  constexpr std::string_view kPickleName = "data.pkl";
  for (const auto& [name, member] : archive.members()) {
    if (name.size() >= kPickleName.size() && name.ends_with(kPickleName))
      return name.substr(0, name.size() - kPickleName.size());
  }
  return file.damaged("it is a zip file without weights");
}

}  // namespace

Result<Checkpoint> readTorchArchive(const BinaryFile& file) {
  CYTO_ASSIGN(const ZipArchive archive, ZipArchive::open(file));
  CYTO_ASSIGN(const std::string folder, folderOf(file, archive));
  if (const auto* order = archive.find(folder + "byteorder")) {
    CYTO_ASSIGN(const std::string text, file.readText(order->offset, std::min<uint64_t>(order->size, 16)));
    if (text != "little") return file.damaged("its byte order is '" + text + "', only little endian is read");
  }
  const ZipArchive::Member& description = *archive.find(folder + "data.pkl");
  if (description.size > kLongestPickle) return file.damaged("its description is too long");
  CYTO_ASSIGN(const std::string stream, file.readText(description.offset, description.size));
  auto pickle = Pickle::parse(stream);
  if (!pickle) return file.damaged(pickle.error().message());
  const PickleValue& root = pickle->root();
  if (root.kind != Kind::kMapping) return file.damaged("it holds no dictionary of weights");

  TensorReader reader(file, archive, folder);
  Checkpoint checkpoint;
  CYTO_ASSIGN(checkpoint.model, readDictionary(reader, *weightsOf(root)));
  if (const PickleValue* decoder = root.find("decoder_state"); isMapping(decoder)) {
    CYTO_ASSIGN(checkpoint.decoder, readDictionary(reader, *decoder));
  }
  return checkpoint;
}

}  // namespace cyto::nn
