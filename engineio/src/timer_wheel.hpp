// SPDX-License-Identifier: MIT
//
// All timeouts of a shard in one hashed wheel: starting, moving and stopping one is O(1) and
// allocates nothing, however many connections there are. Time is handed in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "patchbay/protocol/time.hpp"

namespace patchbay::engineio {

class TimerWheel {
 private:
  struct Link {
    Link* previous = this;
    Link* next = this;
    [[nodiscard]] bool alone() const noexcept { return next == this; }
    void unlink() noexcept;
    void insert_before(Link& position) noexcept;
  };

 public:
  // Something that can be woken once. It unlinks itself when destroyed.
  class Node : private Link {
   public:
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    [[nodiscard]] bool scheduled() const noexcept { return !alone(); }
    // Precondition: scheduled().
    [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }

   protected:
    virtual ~Node() { unlink(); }

   private:
    friend class TimerWheel;
    // Called when the deadline has passed; the node is no longer scheduled and may be destroyed.
    virtual void on_timer(TimePoint now) = 0;
    TimePoint deadline_{};
  };

  // A deadline is met up to this much late.
  static constexpr Millis kTick{8};

  explicit TimerWheel(TimePoint start) noexcept : current_tick_(tick_of(start)) {}
  // Nodes may outlive the wheel; they are never woken then.
  ~TimerWheel() {
    for (Link& slot : slots_) slot.unlink();
  }
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Wakes the node at the deadline, instead of when it was to be woken before.
  void schedule(Node& node, TimePoint deadline) noexcept;
  static void cancel(Node& node) noexcept { node.unlink(); }

  // Wakes what is due. Nodes may be scheduled, cancelled and destroyed meanwhile.
  void advance(TimePoint now);

  // When advance() has something to do at the earliest; it may turn out to be nothing.
  [[nodiscard]] std::optional<TimePoint> next_wakeup() noexcept;

 private:
  static constexpr std::size_t kSlots = 4096;  // times kTick: one turn takes 33 s

  [[nodiscard]] static std::int64_t tick_of(TimePoint time) noexcept;
  void link(Node& node) noexcept;
  void fire_slot(std::size_t slot, TimePoint now);

  std::array<Link, kSlots> slots_;
  std::array<std::uint64_t, kSlots / 64>
      occupied_{};             // may have bits of slots that are empty by now
  std::int64_t current_tick_;  // every earlier tick has been dealt with
};

}  // namespace patchbay::engineio
