#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cyto::test {

/// Builds pickle streams instruction by instruction, good ones and bad ones.
class PickleBuilder {
 public:
  PickleBuilder() { raw("\x80\x02"); }
  PickleBuilder& raw(const std::string& bytes) {
    stream_ += bytes;
    return *this;
  }
  PickleBuilder& opcode(char code) { return raw(std::string(1, code)); }
  PickleBuilder& text(const std::string& value);
  PickleBuilder& integer(int64_t value);
  PickleBuilder& global(const std::string& module, const std::string& name);
  PickleBuilder& tuple(const std::vector<int64_t>& numbers);
  /// A tensor as torch.save describes it.
  PickleBuilder& tensor(const std::string& storage, int64_t storageElements, const std::vector<int64_t>& sizes,
                        const std::vector<int64_t>& strides, int64_t offset = 0,
                        const std::string& storageType = "FloatStorage");
  std::string finished() const { return stream_ + "."; }

 private:
  std::string stream_;
};

/// A zip file with stored members, in the order of their names.
std::string zipOf(const std::map<std::string, std::string>& members);

/// A file of torch.save with this description and these storages ("0" -> bytes).
std::string torchFile(const std::string& pickle, const std::map<std::string, std::string>& storages);

std::string bytesOf(const std::vector<float>& values);
void writeBytes(const std::filesystem::path& path, const std::string& bytes);

}  // namespace cyto::test
