#include "core/nn/weights/torch_writer.h"

#include <ATen/ATen.h>

#include <array>
#include <fstream>

#include "core/base/atomic_file.h"

namespace cyto::nn {

namespace {

constexpr uint64_t kLargestFile = 0xfffffff0;  // offsets of a plain zip file have 32 bits
constexpr uint64_t kAlignment = 64;            // so that readers may map the weights
constexpr uint64_t kLocalBytes = 30;
constexpr uint64_t kExtraHeaderBytes = 4;

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

uint32_t crc32(const char* data, size_t size) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> values{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value & 1 ? 0xedb88320U ^ value >> 1 : value >> 1;
      values[i] = value;
    }
    return values;
  }();
  uint32_t crc = 0xffffffffU;
  for (size_t i = 0; i < size; ++i) crc = table[(crc ^ static_cast<uint8_t>(data[i])) & 0xff] ^ crc >> 8;
  return ~crc;
}

const char* storageName(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return "FloatStorage";
    case at::kHalf: return "HalfStorage";
    case at::kBFloat16: return "BFloat16Storage";
    case at::kLong: return "LongStorage";
    default: return nullptr;
  }
}

/// The description of the tensors, as pickle protocol 2; their bytes are members of their own, numbered from 0.
class Description {
 public:
  Description() : text_("\x80\x02") {}

  void beginDictionary() { text_ += "}("; }
  void endDictionary() { text_ += 'u'; }
  void string(const std::string& value) { text_ += 'X' + little(value.size(), 4) + value; }

  void stateDictionary(const NamedTensors& tensors) {
    beginDictionary();
    for (const auto& [name, tensor] : tensors) {
      string(name);
      append(tensor);
    }
    endDictionary();
  }

  std::string finished() const { return text_ + '.'; }
  const std::vector<at::Tensor>& storages() const { return storages_; }

 private:
  void global(const char* module, const char* name) { text_ += std::string("c") + module + '\n' + name + '\n'; }
  void integer(int64_t value) { text_ += std::string("\x8a\x08", 2) + little(static_cast<uint64_t>(value), 8); }
  void tuple(at::IntArrayRef numbers) {
    text_ += '(';
    for (const int64_t number : numbers) integer(number);
    text_ += 't';
  }

  /// torch._utils._rebuild_tensor_v2(persistent storage, 0, sizes, strides, False, OrderedDict())
  void append(const at::Tensor& tensor) {
    const at::Tensor stored = tensor.detach().to(at::kCPU).contiguous();
    global("torch._utils", "_rebuild_tensor_v2");
    text_ += "((";
    string("storage");
    global("torch", storageName(stored.scalar_type()));
    string(std::to_string(storages_.size()));
    string("cpu");
    integer(stored.numel());
    text_ += "tQ";
    integer(0);
    tuple(stored.sizes());
    tuple(stored.strides());
    text_ += '\x89';
    global("collections", "OrderedDict");
    text_ += ")RtR";
    storages_.push_back(stored);
  }

  std::string text_;
  std::vector<at::Tensor> storages_;
};

/// A zip file with stored members.
class ZipStream {
 public:
  explicit ZipStream(const std::filesystem::path& path) : stream_(path, std::ios::binary) {}

  void add(const std::string& name, const char* data, size_t size) {
    const std::string description =
        little(crc32(data, size), 4) + little(size, 4) + little(size, 4) + little(name.size(), 2);
    directory_ += "PK\x01\x02" + little(20, 2) + little(20, 2) + little(0, 8) + description + little(0, 12) +
                  little(offset_, 4) + name;
    ++count_;
    const uint64_t begin = offset_ + kLocalBytes + name.size() + kExtraHeaderBytes;
    const uint64_t filler = (kAlignment - begin % kAlignment) % kAlignment;
    write("PK\x03\x04" + little(20, 2) + little(0, 8) + description + little(kExtraHeaderBytes + filler, 2) + name +
          "FB" + little(filler, 2) + std::string(filler, 'Z'));
    stream_.write(data, static_cast<std::streamsize>(size));
    offset_ += size;
  }

  bool finish() {
    const uint64_t begin = offset_;
    write(directory_);
    write("PK\x05\x06" + little(0, 4) + little(count_, 2) + little(count_, 2) + little(directory_.size(), 4) +
          little(begin, 4) + little(0, 2));
    stream_.flush();
    return static_cast<bool>(stream_);
  }

 private:
  void write(const std::string& text) {
    stream_.write(text.data(), static_cast<std::streamsize>(text.size()));
    offset_ += text.size();
  }

  std::ofstream stream_;
  std::string directory_;
  uint64_t offset_ = 0;
  uint64_t count_ = 0;
};

Status checkStorable(const std::filesystem::path& path, const NamedTensors& tensors, uint64_t& bytes) {
  for (const auto& [name, tensor] : tensors) {
    if (!storageName(tensor.scalar_type())) {
      return Error(ErrorCode::kInternal, "tensor '" + name + "' has a type that is not written to such files");
    }
    bytes += tensor.nbytes() + 256 + 2 * name.size();
  }
  if (bytes < kLargestFile) return {};
  return Error(ErrorCode::kInvalidArgument,
               "the weights are too large for '" + path.string() + "'; write a .safetensors file instead");
}

}  // namespace

Status writeTorchFile(const std::filesystem::path& path, const NamedTensors& model, const NamedTensors& decoder) {
  uint64_t bytes = 0;
  CYTO_TRY(checkStorable(path, model, bytes));
  CYTO_TRY(checkStorable(path, decoder, bytes));
  Description description;
  if (decoder.empty()) {
    description.stateDictionary(model);
  } else {
    description.beginDictionary();
    description.string("model_state");
    description.stateDictionary(model);
    description.string("decoder_state");
    description.stateDictionary(decoder);
    description.endDictionary();
  }
  return writeFileAtomically(path, [&](const std::filesystem::path& temporary) -> Status {
    ZipStream zip(temporary);
    const auto addText = [&](const std::string& name, const std::string& text) {
      zip.add("archive/" + name, text.data(), text.size());
    };
    addText("data.pkl", description.finished());
    addText("byteorder", "little");
    for (size_t i = 0; i < description.storages().size(); ++i) {
      const at::Tensor& tensor = description.storages()[i];
      zip.add("archive/data/" + std::to_string(i), static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
    }
    addText("version", "3\n");
    if (zip.finish()) return {};
    return Error(ErrorCode::kIo, "the weights cannot be written to '" + path.string() + "'; is the disk full?");
  });
}

}  // namespace cyto::nn
