// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "patchbay/engineio/loop.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay::engineio {

class LiveSession;
class Shard;

// Closes the sessions that a shard has, spread evenly over a time, each after what is queued for it
// has been sent. Belongs to the shard's loop.
class Drain {
 public:
  // `done` is called when no session is left, or the deadline has come; in a turn of the loop of
  // its own. Destroying the drain earlier ends it.
  Drain(Shard& shard, Millis spread, Millis deadline, std::function<void()> done);

 private:
  void step();
  [[nodiscard]] std::size_t due(TimePoint now) const noexcept;

  Shard* shard_;
  TimePoint begin_;
  Millis spread_;
  TimePoint deadline_;
  std::function<void()> done_;
  std::vector<std::weak_ptr<LiveSession>> sessions_;
  std::size_t closed_ = 0;
  std::unique_ptr<Timer> timer_;
};

}  // namespace patchbay::engineio
