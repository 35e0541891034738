#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

/// A device with memory of its own, as a GPU has it, for machines without one: what runs here keeps its tensors where
/// they belong. Its memory is memory of the processor under another name and its arithmetic that of the processor, so
/// results must be the same. As on a GPU, an operation refuses tensors of two devices (numbers without dimensions and
/// indices of the processor are taken) and random numbers of the processor's generator, and pointers to its memory
/// are of no use to anybody who computes on the processor. Linking it registers it; one device, not thread-safe.
namespace cyto::test::separate_device {

/// What c10::Device calls it.
inline const std::string kName = "separate";
inline c10::Device device() { return c10::Device(kName); }

/// More than this at a time is refused with c10::OutOfMemoryError.
void limitMemory(int64_t bytes);

/// After so many more allocations every one fails, as with a GPU that was lost.
void failAfter(int64_t allocations);

/// No limit, no failure, no peak.
void reset();

/// The most that was in use since `reset`.
int64_t peak_bytes();

}  // namespace cyto::test::separate_device
