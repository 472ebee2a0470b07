// SPDX-License-Identifier: MIT
#include "loop_order.hpp"

#include <utility>

#include "patchbay/namespace.hpp"

namespace patchbay {

// The loop's promise to look at its queue. When it ends without having done so, what waits is
// dropped, so that nothing in it keeps the namespace.
class LoopOrder::Visit {
 public:
  Visit(LoopOrder& order, Lane& lane)
      : keep_(order.nsp_->shared_from_this()), order_(&order), lane_(&lane) {}
  ~Visit() {
    if (lane_) order_->abandon(*lane_);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  void take_place() { order_->come_by(*std::exchange(lane_, nullptr)); }

 private:
  std::shared_ptr<Namespace> keep_;
  LoopOrder* order_;
  Lane* lane_;
};

LoopOrder::LoopOrder(Namespace& nsp, std::vector<engineio::Loop*> loops) : nsp_(&nsp) {
  lanes_.reserve(loops.size());
  for (engineio::Loop* const loop : loops) {
    Lane& lane = lanes_.emplace_back();
    lane.loop = loop;
  }
}

// [lock held] True when the loop has to be called.
bool LoopOrder::put(Lane& lane, Task task) {
  lane.waiting.push_back(std::move(task));
  ++lane.put_in;
  return !std::exchange(lane.awaited, true);
}

void LoopOrder::post(std::size_t loop, Task task) {
  Lane& lane = lanes_[loop];
  bool has_to_call = false;
  {
    const std::lock_guard lock(mutex_);
    has_to_call = put(lane, std::move(task));
  }
  if (has_to_call) call(lane);
}

void LoopOrder::post_to_all(std::vector<Task> tasks) {
  std::vector<Lane*> to_call;
  std::vector<std::pair<Lane*, std::uint64_t>> own;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      Lane& lane = lanes_[i];
      if (lane.loop->in_loop_thread()) {
        lane.waiting.push_back(std::move(tasks[i]));
        own.emplace_back(&lane, ++lane.put_in);
      } else if (put(lane, std::move(tasks[i]))) {
        to_call.push_back(&lane);
      }
    }
  }
  for (Lane* const lane : to_call) call(*lane);
  for (const auto& [lane, until] : own) work(*lane, until);
}

void LoopOrder::call(Lane& lane) {
  const auto visit = std::make_shared<Visit>(*this, lane);
  lane.loop->post([visit] { visit->take_place(); });
}

// Not further than what is there now: for what comes later, the loop is called again.
void LoopOrder::come_by(Lane& lane) {
  std::uint64_t until = 0;
  {
    const std::lock_guard lock(mutex_);
    lane.awaited = false;
    until = lane.put_in;
  }
  work(lane, until);
}

// A task may put in another one for all and so come here again: then that goes on with the rest,
// and the outer one finds it done.
void LoopOrder::work(Lane& lane, std::uint64_t until) {
  while (lane.taken_out < until) {
    if (lane.ready.empty()) {
      const std::lock_guard lock(mutex_);
      lane.ready.swap(lane.waiting);
    }
    const Task task = std::move(lane.ready.front());
    lane.ready.pop_front();
    ++lane.taken_out;
    task();
  }
}

// Nobody runs the loop any more.
void LoopOrder::abandon(Lane& lane) {
  std::deque<Task> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(lane.waiting);
    lane.taken_out = lane.put_in;
    lane.awaited = false;
  }
  lane.ready.clear();
}

}  // namespace patchbay
