#include "core/labels/label_chunk.h"

#include <sys/mman.h>

#include <algorithm>
#include <bitset>
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

// Memory of the C library, unlike pages from the operating system, was mostly used before and need not be mapped again,
// which takes longer than filling it.
std::shared_ptr<LabelChunk> unsetChunk() { return std::make_shared_for_overwrite<LabelChunk>(); }

std::shared_ptr<LabelChunk> copyOf(const LabelChunk& chunk) {
  constexpr size_t kPageIds = 1024;  // 4 KiB
  constexpr size_t kPages = kLabelChunkSide * kLabelChunkSide / kPageIds;
  const auto page = [&](size_t i) { return chunk.begin() + static_cast<std::ptrdiff_t>(i * kPageIds); };
  std::bitset<kPages> isUsed;
  for (size_t i = 0; i < kPages; ++i) isUsed[i] = !std::all_of(page(i), page(i) + kPageIds, isZero);
  if (isUsed.count() > kPages / 2) {
    std::shared_ptr<LabelChunk> copy = unsetChunk();
    *copy = chunk;
    return copy;
  }
  std::shared_ptr<LabelChunk> copy = blankChunk();
  for (size_t i = 0; i < kPages; ++i) {
    if (isUsed[i]) std::copy_n(page(i), kPageIds, copy->begin() + static_cast<std::ptrdiff_t>(i * kPageIds));
  }
  return copy;
}

bool isBlank(const LabelChunk& chunk) { return std::all_of(chunk.begin(), chunk.end(), isZero); }

}  // namespace cyto
