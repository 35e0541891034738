#include "core/nn/weights/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/base/atomic_file.h"
#include "core/nn/weights/stored_tensor.h"

namespace cyto::nn {

using nlohmann::json;

namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 16 << 20;  // a hundred thousand tensors; parsed, it takes many times that
constexpr size_t kMostDimensions = 16;

struct TypeName {
  const char* name;
  at::ScalarType type;
};
constexpr TypeName kTypes[] = {{"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
                               {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
                               {"U8", at::kByte},    {"BOOL", at::kBool}};

std::optional<at::ScalarType> typeFromName(const std::string& name) {
  for (const TypeName& entry : kTypes) {
    if (name == entry.name) return entry.type;
  }
  return std::nullopt;
}

const char* nameOfType(at::ScalarType type) {
  for (const TypeName& entry : kTypes) {
    if (type == entry.type) return entry.name;
  }
  return nullptr;
}

struct Entry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// Parses the header; a key that appears twice is refused, because readers would disagree about it.
Result<json> parseHeader(const BinaryFile& file, const std::string& text) {
  std::vector<std::set<std::string>> keys;
  bool hasDuplicate = false;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.empty()) {
      hasDuplicate = !keys.back().insert(parsed.get<std::string>()).second || hasDuplicate;
    }
    return depth < 8;  // deeper values are dropped; the format has three levels
  };
  json header = json::parse(text, watch, false);
  if (!header.is_object()) return file.damaged("its header is no JSON object");
  if (hasDuplicate) return file.damaged("a name appears twice in its header");
  return header;
}

Result<Entry> parseEntry(const BinaryFile& file, const std::string& name, const json& value, uint64_t dataBytes) {
  const auto wrong = [&](const std::string& what) { return file.damaged("tensor '" + name + "' " + what); };
  if (!value.is_object() || !value.contains("dtype") || !value["dtype"].is_string()) return wrong("has no type");
  Entry entry;
  entry.name = name;
  const auto type = typeFromName(value["dtype"].get<std::string>());
  if (!type) return wrong("has the type " + value["dtype"].dump() + ", which is not supported");
  entry.type = *type;
  if (!value.contains("shape") || !value["shape"].is_array()) return wrong("has no shape");
  uint64_t elements = 1;
  int64_t stride = 1;  // an extent of 0 hides the others in the number of elements, but not in the strides
  if (value["shape"].size() > kMostDimensions) return wrong("has an impossible shape");
  for (const json& extent : value["shape"]) {
    if (!extent.is_number_unsigned() || extent.get<uint64_t>() > (uint64_t{1} << 40) ||
        __builtin_mul_overflow(elements, extent.get<uint64_t>(), &elements) ||
        __builtin_mul_overflow(stride, std::max<int64_t>(1, extent.get<int64_t>()), &stride)) {
      return wrong("has an impossible shape");
    }
    entry.shape.push_back(extent.get<int64_t>());
  }
  const json offsets = value.value("data_offsets", json());
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    return wrong("has no place in the file");
  }
  entry.begin = offsets[0];
  entry.end = offsets[1];
  uint64_t bytes = 0;
  if (entry.begin > entry.end || entry.end > dataBytes) return wrong("lies outside the file");
  if (__builtin_mul_overflow(elements, c10::elementSize(entry.type), &bytes) || bytes != entry.end - entry.begin) {
    return wrong("has a size that does not fit its shape");
  }
  return entry;
}

at::Tensor widened(const at::Tensor& tensor) {
  return tensor.is_floating_point() ? tensor.to(at::kFloat) : tensor.to(at::kLong);
}

Result<std::vector<Entry>> parseEntries(const BinaryFile& file, const json& header, uint64_t dataBytes) {
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") continue;
    CYTO_ASSIGN(Entry entry, parseEntry(file, name, value, dataBytes));
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  for (size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].begin < entries[i - 1].end) {
      return file.damaged("tensors '" + entries[i - 1].name + "' and '" + entries[i].name + "' overlap");
    }
  }
  return entries;
}

}  // namespace

bool looksLikeSafetensors(const BinaryFile& file) {
  const auto start = file.readText(0, kLengthBytes + 1);
  return start && (*start)[kLengthBytes] == '{';
}

Result<NamedTensors> readSafetensors(const BinaryFile& file) {
  CYTO_ASSIGN(const std::string length, file.readText(0, kLengthBytes));
  const uint64_t headerBytes = littleEndian(length.data(), 8);
  if (headerBytes > kLongestHeader || headerBytes > file.size() - kLengthBytes) {
    return file.damaged("its header is longer than the file");
  }
  CYTO_ASSIGN(const std::string text, file.readText(kLengthBytes, headerBytes));
  CYTO_ASSIGN(const json header, parseHeader(file, text));
  const uint64_t dataStart = kLengthBytes + headerBytes;
  CYTO_ASSIGN(const std::vector<Entry> entries, parseEntries(file, header, file.size() - dataStart));
  NamedTensors tensors;
  for (const Entry& entry : entries) {
    CYTO_ASSIGN(const at::Tensor tensor, storedTensor(file, dataStart + entry.begin, entry.shape, entry.type));
    tensors.emplace_back(entry.name, widened(tensor));
  }
  return tensors;
}

Status writeSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::vector<at::Tensor> stored;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const char* const type = nameOfType(tensor.scalar_type());
    if (!type) return Error(ErrorCode::kInternal, "tensor '" + name + "' has a type that safetensors cannot hold");
    stored.push_back(tensor.detach().to(at::kCPU).contiguous());
    const uint64_t bytes = stored.back().nbytes();
    header[name] = {{"dtype", type}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // tensors start aligned
  return writeFileAtomically(path, [&](const std::filesystem::path& temporary) -> Status {
    std::ofstream stream(temporary, std::ios::binary);
    const uint64_t length = text.size();
    stream.write(reinterpret_cast<const char*>(&length), kLengthBytes);
    stream << text;
    for (const at::Tensor& tensor : stored) {
      stream.write(static_cast<const char*>(tensor.const_data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    }
    stream.flush();
    if (stream) return {};
    return Error(ErrorCode::kIo, "the weights cannot be written to '" + path.string() + "'; is the disk full?");
  });
}

}  // namespace cyto::nn
