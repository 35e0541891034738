#include "core/base/xxh128.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdio>

namespace cyto {

struct Xxh128::State {
  XXH3_state_t hash;
};

Xxh128::Xxh128() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->hash); }

Xxh128::~Xxh128() = default;

void Xxh128::add(const void* bytes, size_t count) { XXH3_128bits_update(&state_->hash, bytes, count); }

std::string Xxh128::digits() const {
  const XXH128_hash_t digest = XXH3_128bits_digest(&state_->hash);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(digest.high64),
                static_cast<unsigned long long>(digest.low64));
  return text;
}

}  // namespace cyto
