#include "tests/unit/nn/separate_device.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdlib>
#include <limits>
#include <optional>

namespace cyto::test::separate_device {

namespace {

constexpr c10::DeviceType kType = c10::DeviceType::PrivateUse1;
constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

struct Memory {
  int64_t limit = kNone, used = 0, peak = 0, allocationsLeft = kNone;
} memory;

/// The size stands in front of each block.
constexpr size_t kHeader = 64;

void release(void* block) {
  if (block == nullptr) return;
  char* const start = static_cast<char*>(block) - kHeader;
  memory.used -= *reinterpret_cast<int64_t*>(start);
  std::free(start);
}

class Allocator : public c10::DeviceAllocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (memory.allocationsLeft == 0) {
      throw c10::AcceleratorError({__func__, __FILE__, __LINE__}, 999, "device error: the device is lost");
    }
    if (memory.allocationsLeft != kNone) --memory.allocationsLeft;
    const auto size = static_cast<int64_t>(bytes);
    TORCH_CHECK_WITH(OutOfMemoryError, size <= memory.limit - memory.used, "the device has too little memory");
    memory.used += size;
    memory.peak = std::max(memory.peak, memory.used);
    char* const start = static_cast<char*>(std::aligned_alloc(kHeader, (bytes / kHeader + 2) * kHeader));
    *reinterpret_cast<int64_t*>(start) = size;
    void* const block = start + kHeader;
    return {block, block, &release, c10::Device(kType, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {}
  void recordStream(const c10::DataPtr&, c10::Stream) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex) override { return {}; }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override {}
  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex) override {
    return {static_cast<size_t>(memory.limit - memory.used), static_cast<size_t>(memory.limit)};
  }
};

Allocator allocator;

struct Hooks : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
};

/// Everything is done when a call returns, so there is nothing to wait for.
struct Guard : c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::PrivateUse1> {
  c10::Device exchangeDevice(c10::Device) const override { return {kType, 0}; }
  c10::Device getDevice() const override { return {kType, 0}; }
  c10::Stream getStream(c10::Device) const noexcept override { return theStream(); }
  c10::Stream getDefaultStream(c10::Device) const override { return theStream(); }
  c10::Stream getNewStream(c10::Device, int) const override { return theStream(); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return theStream(); }
  static c10::Stream theStream() { return c10::Stream(c10::Stream::DEFAULT, {kType, 0}); }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override {}
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}
};

const bool isRegistered = [] {
  c10::register_privateuse1_backend(kName);
  c10::SetAllocator(kType, &allocator);
  static Hooks hooks;
  at::RegisterPrivateUse1HooksInterface(&hooks);
  return true;
}();

bool isHere(const at::Tensor& tensor) { return tensor.device().type() == kType; }

/// The same values for the processor.
at::Tensor seenByProcessor(const at::Tensor& tensor) {
  if (!isHere(tensor)) return tensor;
  return at::from_blob(const_cast<void*>(tensor.const_data_ptr()), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU));
}

at::Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &allocator, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   type.value_or(at::kFloat), format);
}

at::Tensor emptyStrided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<at::ScalarType> type,
                        std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &allocator, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           type.value_or(at::kFloat));
}

at::Tensor copyFrom(const at::Tensor& from, const at::Tensor& to, bool) {
  seenByProcessor(to).copy_(seenByProcessor(from));
  return to;
}

const at::Tensor& resized(const at::Tensor& self, c10::IntArrayRef size, std::optional<at::MemoryFormat>) {
  if (self.sizes() == size) return self;
  const at::Tensor fresh = at::empty(size, self.options());
  self.unsafeGetTensorImpl()->set_storage_keep_dtype(fresh.storage());
  self.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  return self;
}

at::Tensor copyFromAndResize(const at::Tensor& from, const at::Tensor& to) {
  resized(to, from.sizes(), std::nullopt);
  return copyFrom(from, to, false);
}

at::Tensor reshapeAlias(const at::Tensor& self, c10::IntArrayRef size, c10::IntArrayRef stride) {
  return self.as_strided(size, stride);
}

at::Tensor unfold(const at::Tensor& self, int64_t dimension, int64_t size, int64_t step) {
  const int64_t axis = dimension < 0 ? dimension + self.dim() : dimension;
  std::vector<int64_t> sizes = self.sizes().vec(), strides = self.strides().vec();
  sizes.push_back(size);
  strides.push_back(strides.at(static_cast<size_t>(axis)));
  sizes[static_cast<size_t>(axis)] = (sizes[static_cast<size_t>(axis)] - size) / step + 1;
  strides[static_cast<size_t>(axis)] *= step;
  return self.as_strided(sizes, strides);
}

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                    c10::IntArrayRef stride, c10::IntArrayRef padding, c10::IntArrayRef dilation, bool transposed,
                    c10::IntArrayRef outputPadding, int64_t groups) {
  TORCH_CHECK(isHere(input) && isHere(weight), "a convolution of tensors of two devices");
  const auto ofBias = bias && bias->defined() ? std::optional(seenByProcessor(*bias)) : std::nullopt;
  return at::convolution(seenByProcessor(input), seenByProcessor(weight), ofBias, stride, padding, dilation, transposed,
                         outputPadding, groups)
      .to(device());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolveBackward(const at::Tensor& gradient, const at::Tensor& input,
                                                                const at::Tensor& weight, c10::IntArrayRef stride,
                                                                c10::IntArrayRef padding, c10::IntArrayRef dilation,
                                                                bool transposed, c10::IntArrayRef outputPadding,
                                                                int64_t groups, std::array<bool, 3> wanted) {
  const int64_t channels = gradient.size(1);
  const auto [ofInput, ofWeight, ofBias] = at::convolution_backward(
      seenByProcessor(gradient), seenByProcessor(input), seenByProcessor(weight), c10::IntArrayRef(channels), stride,
      padding, dilation, transposed, outputPadding, groups, wanted);
  const auto here = [](const at::Tensor& tensor) { return tensor.defined() ? tensor.to(device()) : tensor; };
  return {here(ofInput), here(ofWeight), here(ofBias)};
}

bool takesIndicesOfProcessor(const std::string& operation) { return operation.starts_with("aten::index"); }

void refuseMixed(const c10::OperatorHandle& operation, const torch::jit::Stack& stack) {
  const std::string name = operation.schema().name();
  const auto check = [&](const at::Tensor& tensor) {
    if (!tensor.defined() || isHere(tensor) || tensor.dim() == 0) return;
    const bool isIndex = !tensor.is_floating_point() && takesIndicesOfProcessor(name);
    TORCH_CHECK(isIndex, name, " was given tensors of two devices, a GPU would refuse them: one of ", tensor.device());
  };
  for (const c10::IValue& argument : torch::jit::last(stack, operation.schema().arguments().size())) {
    if (argument.isTensor()) check(argument.toTensor());
    if (argument.isTensorList()) {
      for (const at::Tensor& tensor : argument.toTensorVector()) check(tensor);
    }
    TORCH_CHECK(!argument.isGenerator(), name, " draws with a generator of the processor");
  }
}

void compute(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  refuseMixed(operation, *stack);
  at::native::cpu_fallback(operation, stack, /*error_on_views=*/true);
}

}  // namespace

void limitMemory(int64_t bytes) { memory.limit = bytes; }
void failAfter(int64_t allocations) { memory.allocationsLeft = allocations; }
void reset() {
  memory.limit = memory.allocationsLeft = kNone;
  memory.peak = memory.used;
}
int64_t peak_bytes() { return memory.peak; }

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &emptyStrided);
  m.impl("as_strided", &at::native::as_strided_tensorimpl);
  m.impl("view", &at::native::view);
  m.impl("_copy_from", &copyFrom);
  m.impl("_copy_from_and_resize", &copyFromAndResize);
  m.impl("resize_", &resized);
  m.impl("_reshape_alias", &reshapeAlias);
  m.impl("unfold", &unfold);
  m.impl("convolution_overrideable", &convolve);
  m.impl("convolution_backward_overrideable", &convolveBackward);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>()); }

}  // namespace cyto::test::separate_device
