// SPDX-License-Identifier: MIT
//
// For programs of their own: operator new that fails at the n-th allocation of this thread.
#pragma once

#include <cstddef>
#include <new>

namespace patchbay::test {

// From here to its end, the allocation of this number (from 0) throws std::bad_alloc, and those
// behind it do not.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::size_t number) noexcept;
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  // It was asked for, and has failed.
  [[nodiscard]] static bool happened() noexcept;
};

// Calls `attempt(n)` for n = 0, 1, ... until it says that none has failed: then there were only n
// allocations, which it returns.
template <typename Attempt>
std::size_t fail_each_allocation(Attempt attempt) {
  for (std::size_t n = 0;; ++n) {
    if (!attempt(n)) return n;
  }
}

}  // namespace patchbay::test
