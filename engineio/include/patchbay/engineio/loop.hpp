// SPDX-License-Identifier: MIT
//
// The event loop of one shard, as far as the layer above may know it. A session lives on one loop
// for life; its callbacks run on the loop's thread and never two at once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "patchbay/protocol/time.hpp"

namespace asio {
class io_context;
}

namespace patchbay::engineio {

// A one-shot timer. Belongs to the loop's thread, on which it is used and destroyed; destroying it
// stops it. It may be started again, also from its own callback.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void start(TimePoint deadline) = 0;
  virtual void stop() = 0;
};

class Loop {
 public:
  virtual ~Loop() = default;

  // Position among the loops of an engine, from 0.
  [[nodiscard]] virtual std::size_t index() const noexcept = 0;
  // True on the thread that runs this loop. Before that, on the thread that made the engine, and
  // afterwards on the one that had called run(): they may use everything as if it were theirs.
  [[nodiscard]] virtual bool in_loop_thread() const noexcept = 0;
  // Runs the function later on the loop's thread, after what was posted before. From any thread.
  virtual void post(std::function<void()> function) = 0;

  // The following belong to the loop's thread.
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
  [[nodiscard]] virtual std::unique_ptr<Timer> make_timer(std::function<void()> callback) = 0;
  [[nodiscard]] virtual asio::io_context& io_context() noexcept = 0;

  // Runs the function now when called on the loop's thread, else posts it.
  template <typename F>
  void dispatch(F&& function) {
    if (in_loop_thread()) {
      std::forward<F>(function)();
    } else {
      post(std::forward<F>(function));
    }
  }
};

}  // namespace patchbay::engineio
