#include "core/labels/label_chunk.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace cyto {

namespace {

bool isZero(uint32_t id) { return id == 0; }

}  // namespace

// Straight from the operating system: the C library would hand out used memory and clear all of it.
std::shared_ptr<LabelChunk> blankChunk() {
  constexpr size_t kBytes = sizeof(LabelChunk);
  void* zeros = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (zeros == MAP_FAILED) throw std::bad_alloc();
  // An array of numbers needs no construction beyond its bytes.
  return std::shared_ptr<LabelChunk>(static_cast<LabelChunk*>(zeros),
                                     [](LabelChunk* chunk) { ::munmap(chunk, kBytes); });
}

std::shared_ptr<LabelChunk> copyOf(const LabelChunk& chunk) {
  constexpr size_t kPageIds = 1024;  // 4 KiB
  std::shared_ptr<LabelChunk> copy = blankChunk();
  for (size_t first = 0; first < chunk.size(); first += kPageIds) {
    const auto begin = chunk.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + kPageIds;
    if (std::all_of(begin, end, isZero)) continue;
    std::copy(begin, end, copy->begin() + static_cast<std::ptrdiff_t>(first));
  }
  return copy;
}

bool isBlank(const LabelChunk& chunk) { return std::all_of(chunk.begin(), chunk.end(), isZero); }

}  // namespace cyto
