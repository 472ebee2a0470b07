// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "patchbay/engineio/loop.hpp"

namespace patchbay {

class Namespace;

// What is to be done for a namespace on several loops, where some of it has to happen on all of
// them in the same order: each loop has a queue, and what concerns all is put into all queues under
// one lock. So a running number of such an event means the same on every loop.
//
// Everything that has to keep its order with these events goes through here as well: what one
// thread puts in for one loop is done in that order. Any thread, unless said otherwise.
class LoopOrder {
 public:
  using Task = std::function<void()>;

  // The namespace owns it. Tasks may hold on to the namespace: they go with the loops.
  LoopOrder(Namespace& nsp, std::vector<engineio::Loop*> loops);
  LoopOrder(const LoopOrder&) = delete;
  LoopOrder& operator=(const LoopOrder&) = delete;

  // Later, on the loop.
  void post(std::size_t loop, Task task);
  // One task for each loop. Those of other loops are done later; that of the caller's own at once,
  // after whatever was put in for it before.
  void post_to_all(std::vector<Task> tasks);

 private:
  struct Lane {
    engineio::Loop* loop;
    // Guarded by the lock.
    std::deque<Task> waiting;
    std::uint64_t put_in = 0;
    bool awaited = false;  // the loop is going to look
    // The loop's own.
    std::deque<Task> ready;
    std::uint64_t taken_out = 0;
  };
  class Visit;

  [[nodiscard]] bool put(Lane& lane, Task task);
  void call(Lane& lane);
  void come_by(Lane& lane);
  void work(Lane& lane, std::uint64_t until);
  void abandon(Lane& lane);

  Namespace* nsp_;
  std::mutex mutex_;
  std::vector<Lane> lanes_;
};

}  // namespace patchbay
