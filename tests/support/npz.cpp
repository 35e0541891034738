#include "tests/support/npz.h"

#include <zlib.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cyto::test {

namespace {

uint64_t number(const std::string& bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + static_cast<size_t>(i)));
  return value;
}

std::string inflated(const std::string& compressed, size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::runtime_error("zlib");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("a member of the fixture cannot be inflated");
  return out;
}

template <typename T>
void widen(const std::string& data, size_t at, size_t count, std::vector<double>& out) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, data.data() + at + i * sizeof(T), sizeof(T));
    out.push_back(static_cast<double>(value));
  }
}

NpyArray parseNpy(const std::string& data) {
  const bool isVersion1 = data.at(6) == 1;
  const size_t headerStart = isVersion1 ? 10 : 12;
  const size_t headerSize = number(data, 8, isVersion1 ? 2 : 4);
  const std::string header = data.substr(headerStart, headerSize);
  NpyArray array;
  const size_t type = header.find("'descr': '") + 10;
  array.dtype = header.substr(type, header.find('\'', type) - type);
  const size_t open = header.find('(', header.find("'shape'"));
  size_t count = 1;
  for (size_t at = open + 1; header.at(at) != ')';) {
    size_t used = 0;
    if (std::isdigit(static_cast<unsigned char>(header.at(at)))) {
      array.shape.push_back(std::stoll(header.substr(at), &used));
      count *= static_cast<size_t>(array.shape.back());
    }
    at += std::max<size_t>(used, 1);
  }
  const size_t start = headerStart + headerSize;
  const std::string kind = array.dtype.substr(1);
  if (kind == "f4")
    widen<float>(data, start, count, array.values);
  else if (kind == "f8")
    widen<double>(data, start, count, array.values);
  else if (kind == "i8")
    widen<int64_t>(data, start, count, array.values);
  else if (kind == "i4")
    widen<int32_t>(data, start, count, array.values);
  else if (kind == "u1" || kind == "b1")
    widen<uint8_t>(data, start, count, array.values);
  else
    throw std::runtime_error("fixture of type " + array.dtype);
  return array;
}

}  // namespace

std::map<std::string, NpyArray> readNpz(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  const size_t end = file.rfind("PK\x05\x06");
  if (end == std::string::npos) throw std::runtime_error(path.string() + " is no npz file");
  std::map<std::string, NpyArray> arrays;
  size_t at = number(file, end + 16, 4);
  for (uint64_t left = number(file, end + 10, 2); left > 0; --left) {
    const uint64_t method = number(file, at + 10, 2);
    const size_t compressed = number(file, at + 20, 4);
    const size_t size = number(file, at + 24, 4);
    const size_t nameSize = number(file, at + 28, 2);
    const size_t local = number(file, at + 42, 4);
    const std::string name = file.substr(at + 46, nameSize);
    const size_t data = local + 30 + number(file, local + 26, 2) + number(file, local + 28, 2);
    const std::string bytes = file.substr(data, compressed);
    arrays[name.substr(0, name.rfind(".npy"))] = parseNpy(method == 0 ? bytes : inflated(bytes, size));
    at += 46 + nameSize + number(file, at + 30, 2) + number(file, at + 32, 2);
  }
  return arrays;
}

}  // namespace cyto::test
