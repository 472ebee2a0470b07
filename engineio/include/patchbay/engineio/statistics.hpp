// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "patchbay/protocol/error.hpp"

namespace patchbay::engineio {

// How often what has gone wrong since the engine was made: requests, connections and sessions that
// were refused or ended, and calls that failed, by reason. label() makes names for metrics of them.
// Any thread.
class Statistics {
 public:
  [[nodiscard]] std::uint64_t count(Errc reason) const noexcept {
    return counts_[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
  }
  void add(Errc reason) noexcept {
    counts_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kErrcCount> counts_{};
};

}  // namespace patchbay::engineio
