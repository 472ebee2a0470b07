// SPDX-License-Identifier: MIT
#pragma once

#include <future>
#include <thread>
#include <utility>

#include "patchbay/engineio/loop.hpp"

namespace patchbay::test {

// Runs an engine, or a server, in a thread of its own.
class LoopThread {
 public:
  // Calls run() there, and returns once the loop that it runs is running.
  template <typename Run>
  void start(engineio::Loop& loop, Run run) {
    std::promise<void> running;
    loop.post([&running] { running.set_value(); });
    thread_ = std::thread(std::move(run));
    running.get_future().wait();
  }
  // Has run() end, if it was ever called, and waits for that.
  template <typename Stop>
  void stop(Stop stop) {
    if (!thread_.joinable()) return;
    stop();
    thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace patchbay::test
