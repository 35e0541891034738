// Layer norm, and residual addition and layer norm in one pass. See simd.h about namespaces.
#pragma once

#include "core/nn/kernels/element.h"
#include "core/nn/kernels/kernel_set.h"

namespace cyto::nn::CYTO_KERNELS {

/// Mean and 1 / deviation of `width` values.
struct Moments {
  float mean;
  float scale;
};

CYTO_INLINE Moments momentsOf(const float* values, int64_t width, float epsilon) {
  const auto perValue = 1.0F / static_cast<float>(width);
  const int64_t whole = width / kLanes * kLanes;
  Floats sum = fill(0);
  for (int64_t i = 0; i < whole; i += kLanes) sum = sum + load(values + i);
  float total = sumOf(sum);
  for (int64_t i = whole; i < width; ++i) total += values[i];
  const float mean = total * perValue;
  const Floats centre = fill(mean);
  Floats squares = fill(0);
  for (int64_t i = 0; i < whole; i += kLanes) {
    const Floats difference = load(values + i) - centre;
    squares = multiplyAdd(difference, difference, squares);
  }
  float variance = sumOf(squares);
  for (int64_t i = whole; i < width; ++i) variance += (values[i] - mean) * (values[i] - mean);
  return {mean, 1.0F / __builtin_sqrtf(variance * perValue + epsilon)};
}

/// out = layer norm of a row, whose width is a multiple of the lanes; out may be x.
template <class Element>
CYTO_INLINE void normRow(const float* x, int64_t width, const float* weight, const float* bias, float epsilon,
                         Element* out) {
  const Moments moments = momentsOf(x, width, epsilon);
  const Floats mean = fill(moments.mean), scale = fill(moments.scale);
  for (int64_t i = 0; i < width; i += kLanes) {
    storeElements(out + i, multiplyAdd((load(x + i) - mean) * scale, load(weight + i), load(bias + i)));
  }
}

template <class Element>
void norm(const Norm& work, int64_t begin, int64_t end) {
  float values[kWidestNorm];
  for (int64_t row = begin; row < end; ++row) {
    const Element* const x = static_cast<const Element*>(work.x) + row * work.width;
    for (int64_t i = 0; i < work.width; i += kLanes) store(values + i, loadElements(x + i));
    normRow(values, work.width, work.weight, work.bias, work.epsilon,
            static_cast<Element*>(work.out) + row * work.width);
  }
}

template <class Element>
void addNorm(const AddNorm& work, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    float* const x = work.x + row * work.width;
    if (work.delta) {
      const Element* const delta = static_cast<const Element*>(work.delta) + row * work.width;
      for (int64_t i = 0; i < work.width; i += kLanes) store(x + i, load(x + i) + loadElements(delta + i));
    }
    normRow(x, work.width, work.weight, work.bias, work.epsilon, static_cast<Element*>(work.out) + row * work.width);
  }
}

}  // namespace cyto::nn::CYTO_KERNELS
