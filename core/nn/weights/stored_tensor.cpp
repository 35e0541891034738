#include "core/nn/weights/stored_tensor.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

namespace cyto::nn {

Result<at::Tensor> storedTensor(const BinaryFile& file, uint64_t offset, at::IntArrayRef shape, at::ScalarType type) {
  const auto bytes = static_cast<uint64_t>(c10::multiply_integers(shape)) * c10::elementSize(type);
  if (offset % c10::elementSize(type) == 0) {
    CYTO_ASSIGN(const std::shared_ptr<std::byte> mapped, file.map(offset, bytes));
    if (mapped) return at::from_blob(mapped.get(), shape, [mapped](void*) {}, at::device(at::kCPU).dtype(type));
  }
  at::Tensor tensor = at::empty(shape, type);
  CYTO_TRY(file.read(offset, {static_cast<std::byte*>(tensor.data_ptr()), static_cast<size_t>(bytes)}));
  return tensor;
}

}  // namespace cyto::nn
