#include "tests/unit/nn/torch_file_writer.h"

#include <fstream>

namespace cyto::test {

namespace {

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

}  // namespace

PickleBuilder& PickleBuilder::text(const std::string& value) { return raw("X" + little(value.size(), 4) + value); }

PickleBuilder& PickleBuilder::integer(int64_t value) {
  return raw(std::string("\x8a\x08", 2) + little(static_cast<uint64_t>(value), 8));
}

PickleBuilder& PickleBuilder::global(const std::string& module, const std::string& name) {
  return raw("c" + module + "\n" + name + "\n");
}

PickleBuilder& PickleBuilder::tuple(const std::vector<int64_t>& numbers) {
  opcode('(');
  for (const int64_t number : numbers) integer(number);
  return opcode('t');
}

PickleBuilder& PickleBuilder::tensor(const std::string& storage, int64_t storageElements,
                                     const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                                     int64_t offset, const std::string& storageType) {
  global("torch._utils", "_rebuild_tensor_v2").opcode('(').opcode('(');
  text("storage")
      .global("torch", storageType)
      .text(storage)
      .text("cpu")
      .integer(storageElements)
      .opcode('t')
      .opcode('Q');
  integer(offset).tuple(sizes).tuple(strides).raw("\x89").global("collections", "OrderedDict").raw(")R");
  return opcode('t').opcode('R');
}

std::string zipOf(const std::map<std::string, std::string>& members) {
  std::string file;
  std::string directory;
  for (const auto& [name, data] : members) {
    const std::string sizes = little(0, 4) + little(data.size(), 4) + little(data.size(), 4) + little(name.size(), 2);
    directory += "PK\x01\x02" + little(20, 2) + little(20, 2) + little(0, 8) + sizes + little(0, 12) +
                 little(file.size(), 4) + name;
    file += "PK\x03\x04" + little(20, 2) + little(0, 8) + sizes + little(0, 2) + name + data;
  }
  const std::string end = "PK\x05\x06" + little(0, 4) + little(members.size(), 2) + little(members.size(), 2) +
                          little(directory.size(), 4) + little(file.size(), 4) + little(0, 2);
  return file + directory + end;
}

std::string torchFile(const std::string& pickle, const std::map<std::string, std::string>& storages) {
  std::map<std::string, std::string> members{{"archive/data.pkl", pickle}, {"archive/version", "3\n"}};
  for (const auto& [name, data] : storages) members["archive/data/" + name] = data;
  return zipOf(members);
}

std::string bytesOf(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

void writeBytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace cyto::test
