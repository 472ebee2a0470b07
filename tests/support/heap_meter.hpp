// SPDX-License-Identifier: MIT
//
// What the program has on the heap, counted by a replaced operator new. A test that includes this
// must be linked with heap_meter.cpp.
#pragma once

#include <cstddef>

namespace patchbay::test {

// Bytes that operator new handed out and that were not given back.
[[nodiscard]] std::size_t heap_bytes() noexcept;

// Calls of operator new since the program began.
[[nodiscard]] std::size_t heap_allocations() noexcept;

}  // namespace patchbay::test
