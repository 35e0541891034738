#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <iterator>
#include <random>

#include "core/nn/weights/checkpoint.h"
#include "core/nn/weights/safetensors.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/nn/torch_file_writer.h"

namespace cyto::nn {
namespace {

using test::PickleBuilder;
using test::torchFile;
using ::testing::HasSubstr;

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string safetensors(const std::string& header, const std::string& data = std::string(64, '\0')) {
  return little(header.size(), 8) + header + data;
}

std::string repeated(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

/// A good file with one tensor "w" of six numbers, to be spoiled.
std::string goodFile() {
  PickleBuilder pickle;
  pickle.raw("}(").text("w").tensor("0", 6, {2, 3}, {3, 1});
  return torchFile(pickle.opcode('u').finished(), {{"0", std::string(24, 'x')}});
}

std::string oneTensor(int64_t elements, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                      int64_t offset = 0, const std::string& type = "FloatStorage") {
  PickleBuilder pickle;
  pickle.raw("}(").text("w").tensor("0", elements, sizes, strides, offset, type);
  return torchFile(pickle.opcode('u').finished(), {{"0", std::string(24, 'x')}});
}

std::string withPickle(const std::string& stream) { return torchFile(stream, {{"0", std::string(24, 'x')}}); }

struct Hostile {
  std::string name;
  std::string bytes;
};

/// A thousand tensors that all show the same storage of 64 KB.
std::string sharedByAThousand() {
  PickleBuilder pickle;
  pickle.raw("}(");
  for (int i = 0; i < 1000; ++i) pickle.text("w" + std::to_string(i)).tensor("0", 16384, {16384}, {1});
  return torchFile(pickle.opcode('u').finished(), {{"0", std::string(65536, 'x')}});
}

std::vector<Hostile> hostileTorchFiles() {
  constexpr int64_t kHuge = int64_t{1} << 61;
  const std::string good = goodFile();
  std::string compressed = good;
  compressed[compressed.find("PK\x01\x02") + 10] = 8;
  std::string directoryFarAway = good;
  directoryFarAway.replace(directoryFarAway.size() - 6, 4, "\xff\xff\xff\x7f");
  std::string manyMembers = good;
  manyMembers.replace(manyMembers.size() - 12, 4, "\xff\xff\xff\xff");
  PickleBuilder evil;
  evil.global("os", "system").text("touch pwned").raw("\x85R");
  PickleBuilder evilBuild;
  evilBuild.global("builtins", "eval").raw(")\x81").text("1+1").opcode('b');
  return {
      {"empty", ""},
      {"one byte", "P"},
      {"text", "these are not the weights you are looking for"},
      {"old torch form", std::string("\x80\x02\x8a\x0a", 4) + std::string(100, 'l')},
      {"truncated", good.substr(0, good.size() / 2)},
      {"without its last byte", good.substr(0, good.size() - 1)},
      {"compressed member", compressed},
      {"directory outside the file", directoryFarAway},
      {"65535 members", manyMembers},
      {"zip without weights", test::zipOf({{"archive/readme", "hello"}})},
      {"size beyond storage", oneTensor(6, {7}, {1})},
      {"offset beyond storage", oneTensor(6, {2}, {1}, 5)},
      {"negative offset", oneTensor(6, {2}, {1}, -1)},
      {"negative size", oneTensor(6, {-2, -3}, {3, 1})},
      {"negative stride", oneTensor(6, {2}, {-1}, 5)},
      {"stride out of range", oneTensor(6, {2, 3}, {kHuge, 1})},
      {"sizes that overflow", oneTensor(6, {kHuge, 16}, {1, 1})},
      {"one element shown a billion times", oneTensor(6, {1'000'000'000}, {0})},
      {"storage larger than its member", oneTensor(1'000'000, {6}, {1})},
      {"storage of impossible size", oneTensor(kHuge, {6}, {1})},
      {"negative storage", oneTensor(-6, {6}, {1})},
      {"unknown storage type", oneTensor(6, {6}, {1}, 0, "QUInt4x2Storage")},
      {"sizes and strides of different length", oneTensor(6, {2, 3}, {1})},
      {"strides that overflow behind an extent of zero", oneTensor(6, {0, kHuge, kHuge}, {1, 1, 1})},
      {"one storage under a thousand names", sharedByAThousand()},
      {"too many dimensions", oneTensor(6, std::vector<int64_t>(1000, 1), std::vector<int64_t>(1000, 1))},
      {"missing storage",
       torchFile(PickleBuilder().raw("}(").text("w").tensor("9", 6, {6}, {1}).opcode('u').finished(), {})},
      {"calls os.system", withPickle(evil.finished())},
      {"builds eval", withPickle(evilBuild.finished())},
      {"no end", withPickle("\x80\x02}(")},
      {"stack underflow", withPickle("\x80\x02"
                                     "0.")},
      {"tuple without mark", withPickle("\x80\x02t.")},
      {"memo that does not exist", withPickle("\x80\x02h\x05.")},
      {"unknown opcode", withPickle("\x80\x02\xff.")},
      {"protocol 200", withPickle("\x80\xc8}.")},
      {"text longer than the stream", withPickle(std::string("\x80\x02X\xff\xff\xff\xff", 7) + "abc.")},
      {"8-byte text length", withPickle(std::string("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff", 11) + ".")},
      {"a million nested lists", withPickle("\x80\x02" + repeated("]", 1'000'000) + repeated("a", 999'999) + ".")},
      {"a list that holds itself", withPickle(std::string("\x80\x02]q\x00h\x00"
                                                          "a.",
                                                          8))},
      {"a dictionary that holds itself", withPickle(std::string("\x80\x02}q\x00X\x01\x00\x00\x00wh\x00s.", 14))},
      {"a million values", withPickle("\x80\x02" + repeated("N", 1'000'000) + ".")},
      {"a million marks", withPickle("\x80\x02" + repeated("(", 1'000'000) + ".")},
      {"storage that is a number", withPickle(PickleBuilder().integer(3).opcode('Q').finished())},
      {"no dictionary", withPickle(PickleBuilder().integer(3).finished())},
      {"dictionary of numbers", withPickle(PickleBuilder().raw("}(").text("w").integer(3).opcode('u').finished())},
  };
}

std::vector<Hostile> hostileSafetensors() {
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"w":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  return {
      {"header of 2^60 bytes", little(uint64_t{1} << 60, 8) + "{}"},
      {"header of 2^64-1 bytes", little(~uint64_t{0}, 8) + "{}"},
      {"header longer than the file", little(1000, 8) + "{}"},
      {"header that is no JSON", safetensors("{{{{")},
      {"header without tensors", safetensors("{}")},
      {"a hundred thousand open braces", safetensors(repeated("{\"a\":", 100'000))},
      {"deep JSON", safetensors("{\"w\":" + repeated("[", 100'000) + repeated("]", 100'000) + "}")},
      {"offsets outside the file", safetensors(entry("F32", "[1000]", "[0,4000]"))},
      {"offsets that run backwards", safetensors(entry("F32", "[1]", "[8,4]"))},
      {"offsets of 2^63", safetensors(entry("F32", "[1]", "[9223372036854775808,9223372036854775812]"))},
      {"negative offset", safetensors(entry("F32", "[1]", "[-4,0]"))},
      {"shape that does not fit", safetensors(entry("F32", "[3]", "[0,16]"))},
      {"shape that overflows", safetensors(entry("F32", "[4294967296,4294967296,4]", "[0,0]"))},
      {"shape that overflows behind a zero", safetensors(entry("F32", "[0,1099511627776,1099511627776]", "[0,0]"))},
      {"a thousand dimensions", safetensors(entry("F32", "[1" + repeated(",1", 999) + "]", "[0,4]"))},
      {"JSON with NaN", safetensors(entry("F32", "[NaN]", "[0,4]"))},
      {"negative shape", safetensors(entry("F32", "[-1]", "[0,4]"))},
      {"fractional shape", safetensors(entry("F32", "[1.5]", "[0,4]"))},
      {"unknown type", safetensors(entry("F4", "[1]", "[0,4]"))},
      {"type that is a number", safetensors(R"({"w":{"dtype":5,"shape":[1],"data_offsets":[0,4]}})")},
      {"no offsets", safetensors(R"({"w":{"dtype":"F32","shape":[1]}})")},
      {"tensor that is a list", safetensors(R"({"w":[1,2,3]})")},
      {"overlapping tensors", safetensors(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},)"
                                          R"("b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}})")},
      {"the same name twice", safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                          R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})")},
  };
}

class HostileCheckpoint : public ::testing::Test {
 protected:
  void expectRefused(const std::vector<Hostile>& corpus) {
    const auto path = folder_ / "hostile.pt";
    for (const Hostile& hostile : corpus) {
      SCOPED_TRACE(hostile.name);
      test::writeBytes(path, hostile.bytes);
      const auto refused = readCheckpoint(path);
      ASSERT_FALSE(refused);
      EXPECT_THAT(refused.error().message(), HasSubstr("hostile.pt"));
      EXPECT_EQ(refused.error().message().find('\n'), std::string::npos);
      EXPECT_LT(refused.error().message().size(), 400u) << refused.error().message();
    }
  }
  test::TemporaryFolder folder_;
};

TEST_F(HostileCheckpoint, TorchFilesAreRefusedWithOneSentence) { expectRefused(hostileTorchFiles()); }

TEST_F(HostileCheckpoint, SafetensorsAreRefusedWithOneSentence) { expectRefused(hostileSafetensors()); }

TEST_F(HostileCheckpoint, NothingInAFileIsExecuted) {
  PickleBuilder pickle;
  pickle.raw("}(").text("evil").global("os", "system").text("touch " + (folder_ / "pwned").string()).raw("\x85R");
  pickle.text("w").tensor("0", 6, {6}, {1});
  const auto path = folder_ / "evil.pt";
  test::writeBytes(path, torchFile(pickle.opcode('u').finished(), {{"0", std::string(24, '\0')}}));
  const auto checkpoint = readCheckpoint(path);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_EQ(checkpoint->model.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "pwned"));
}

TEST_F(HostileCheckpoint, FoldersDevicesAndAbsentFilesAreRefused) {
  EXPECT_EQ(readCheckpoint(folder_.path()).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(readCheckpoint("/dev/zero").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(readCheckpoint(folder_ / "absent.pt").error().code(), ErrorCode::kNotFound);
}

/// Flips bytes of good files: any answer is right, except a crash, a hang, or much memory.
TEST_F(HostileCheckpoint, DamagedFilesNeverCrash) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto safe = folder_ / "good.safetensors";
  ASSERT_TRUE(writeSafetensors(safe, {{"a", at::zeros({2, 3})}, {"b", at::zeros({4})}}));
  std::ifstream stream(safe, std::ios::binary);
  const std::vector<std::string> goods{goodFile(), {std::istreambuf_iterator<char>(stream), {}}};
  const auto path = folder_ / "damaged.pt";
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = goods[static_cast<size_t>(round) % goods.size()];
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    test::writeBytes(path, bytes);
    const auto answer = readCheckpoint(path);
    if (!answer) {
      ASSERT_FALSE(answer.error().message().empty());
    }
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 2'000'000) << "kilobytes";
}

}  // namespace
}  // namespace cyto::nn
