// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "shard.hpp"

namespace patchbay::engineio {

// What a function of the application's decides about a request: once, maybe later, on any thread.
// The first outcome counts and is carried out on the shard's loop. When nothing was decided by the
// time this goes, the outcome is the one given for that case. Nothing comes of it once the engine
// is being destroyed.
template <typename Outcome>
class Deferred {
 public:
  using CarryOut = std::function<void(const Outcome&)>;

  Deferred(Shard& shard, CarryOut carry_out, Outcome if_dropped)
      : shard_(&shard),
        alive_(shard.lifetime()),
        carry_out_(std::move(carry_out)),
        if_dropped_(std::move(if_dropped)) {}
  ~Deferred() { settle(std::move(if_dropped_)); }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  void settle(Outcome outcome) {
    if (settled_.test_and_set() || alive_.expired()) return;
    // Moved, so that whatever it holds is let go of on the loop.
    shard_->dispatch(
        [carry_out = std::move(carry_out_), outcome = std::move(outcome)] { carry_out(outcome); });
  }

 private:
  Shard* shard_;
  std::weak_ptr<const bool> alive_;
  CarryOut carry_out_;
  Outcome if_dropped_;
  std::atomic_flag settled_;
};

}  // namespace patchbay::engineio
