#include "core/nn/devices.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <filesystem>
#include <fstream>

#include "core/base/usable_resources.h"
#include "core/nn/kernels/kernel_set.h"

namespace cyto::nn {

namespace {

namespace fs = std::filesystem;

std::string tryGpu() {
  Dl_info here{};
  if (!::dladdr(reinterpret_cast<void*>(&at::get_num_threads), &here)) return "LibTorch cannot be located";
  const fs::path library = fs::path(here.dli_fname).parent_path() / "libtorch_cuda.so";
  std::error_code ignored;
  if (!fs::exists(library, ignored)) return "this LibTorch is a CPU build";
  if (!::dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL)) return ::dlerror();
  return at::globalContext().hasCUDA() ? "" : "no usable GPU or driver";
}

/// The value of a line "key : value" of /proc/cpuinfo.
std::string processorField(const std::string& key) {
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos && line.compare(0, key.size(), key) == 0) {
      return colon + 2 <= line.size() ? line.substr(colon + 2) : "";
    }
  }
  return "";
}

bool processorHas(const std::string& flag) {
  static const std::string flags = " " + processorField("flags") + " ";
  return flags.find(" " + flag + " ") != std::string::npos;
}

DeviceInfo describeProcessor() {
  std::string detail = processorField("model name");
  if (detail.empty()) detail = "processor";
  for (const auto& [flag, name] :
       {std::pair{"avx2", "AVX2"}, {"avx512f", "AVX512"}, {"avx512_bf16", "AVX512-BF16"}, {"amx_bf16", "AMX-BF16"}}) {
    if (processorHas(flag)) detail += std::string(", ") + name;
  }
  const KernelSet* const set = kernels();
  detail += set ? std::string("; kernels for ") + set->name
                : std::string("; no kernels (they need AVX2 and FMA), so SAM runs with slower plain operations");
  return {"cpu", detail, true};
}

}  // namespace

const std::string& enableGpu() {
  static const std::string reason = tryGpu();
  return reason;
}

std::vector<DeviceInfo> listDevices() {
  const std::string& reason = enableGpu();
  return {describeProcessor(), {"cuda", reason.empty() ? "GPU" : reason, reason.empty()}};
}

bool processorHasBf16() { return processorHas("avx512_bf16") || processorHas("amx_bf16"); }

int useThreads(int threads) {
  const int count = threads > 0 ? threads : usableProcessors();
  // A new thread that goes straight into MKL would use all cores otherwise.
  at::init_num_threads();
  at::set_num_threads(count);
  return count;
}

}  // namespace cyto::nn
