// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace patchbay::engineio {

// Brings an object into the cache before it is needed. What a broadcast visits lies all over the
// memory, and each recipient's system call has driven the next one's lines out.
template <typename T>
void prefetch(const T& object) noexcept {
  constexpr std::size_t kCacheLine = 64;
  const char* const begin = reinterpret_cast<const char*>(&object);
  for (std::size_t offset = 0; offset < sizeof(T); offset += kCacheLine) {
    __builtin_prefetch(begin + offset);
  }
}

}  // namespace patchbay::engineio
