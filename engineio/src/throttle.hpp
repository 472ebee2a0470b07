// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "patchbay/engineio/loop.hpp"
#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/limits.hpp"

namespace patchbay::engineio {

// What one session may still send, where Limits::messages or Limits::bytes says so.
class Throttle {
 public:
  // Null when nothing is limited. `limits` outlives it.
  [[nodiscard]] static std::unique_ptr<Throttle> make(const Limits& limits, TimePoint now);
  Throttle(const Limits& limits, TimePoint now);

  // Accounts for a message. Errc::none, or which limit it exceeds; then it counts as not sent.
  [[nodiscard]] Errc take(std::size_t bytes, TimePoint now);
  // Accounts for it in any case, and pauses until what it was too much is made up for; `resume` is
  // called then.
  void spend(std::size_t bytes, Loop& loop, std::function<void()> resume);
  [[nodiscard]] bool paused() const noexcept { return paused_; }

 private:
  const Limits* limits_;
  TokenBucket messages_;
  TokenBucket bytes_;
  std::unique_ptr<Timer> timer_;
  bool paused_ = false;
};

}  // namespace patchbay::engineio
