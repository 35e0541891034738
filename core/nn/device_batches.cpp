#include "core/nn/device_batches.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <string>

#include "core/base/log.h"

namespace cyto::nn {

namespace {
constexpr int64_t kPercentOfFree = 80;  // the rest is lost to fragments
}

std::optional<int64_t> freeMemory_bytes(c10::Device device) {
  if (device.is_cpu()) return std::nullopt;
  auto* const allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
  if (allocator == nullptr) return std::nullopt;
  try {
    return static_cast<int64_t>(allocator->getMemoryInfo(std::max<c10::DeviceIndex>(0, device.index())).first);
  } catch (const c10::Error&) {
    return std::nullopt;
  }
}

BatchSize::BatchSize(c10::Device device, int64_t most, int64_t each_bytes) : device_(device), now_(1) {
  if (device.is_cpu()) return;
  now_ = most;
  if (const auto free = freeMemory_bytes(device)) {
    now_ = std::clamp<int64_t>(*free / 100 * kPercentOfFree / each_bytes, 1, most);
  }
}

void BatchSize::halve(int64_t count) {
  now_ = count / 2;
  auto* const allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device_.type()));
  if (allocator != nullptr) allocator->emptyCache();
  log::info("the memory of the GPU does not hold " + std::to_string(count) + " at once; going on with " +
            std::to_string(now_));
}

}  // namespace cyto::nn
