// SPDX-License-Identifier: MIT
#include "timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace patchbay::engineio {

void TimerWheel::Link::unlink() noexcept {
  previous->next = next;
  next->previous = previous;
  previous = next = this;
}

void TimerWheel::Link::insert_before(Link& position) noexcept {
  previous = position.previous;
  next = &position;
  previous->next = this;
  position.previous = this;
}

std::int64_t TimerWheel::tick_of(TimePoint time) noexcept {
  return time.time_since_epoch().count() / kTick.count();
}

void TimerWheel::schedule(Node& node, TimePoint deadline) noexcept {
  node.unlink();
  node.deadline_ = deadline;
  link(node);
}

void TimerWheel::link(Node& node) noexcept {
  // Rounded up, so that a node is due when its tick comes.
  const std::int64_t tick = std::max(current_tick_, tick_of(node.deadline_ + kTick - Millis(1)));
  const auto slot = static_cast<std::size_t>(tick) % kSlots;
  node.insert_before(slots_[slot]);
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::advance(TimePoint now) {
  const std::int64_t last = tick_of(now);
  // After a long pause one turn of the wheel sees every slot.
  std::int64_t tick = std::max(current_tick_, last - static_cast<std::int64_t>(kSlots) + 1);
  current_tick_ = std::max(current_tick_, last + 1);
  for (; tick <= last; ++tick) {
    const auto slot = static_cast<std::size_t>(tick) % kSlots;
    if ((occupied_[slot / 64] >> (slot % 64) & 1) != 0) fire_slot(slot, now);
  }
}

void TimerWheel::fire_slot(std::size_t slot, TimePoint now) {
  occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  // Take the whole list off first: what a node schedules meanwhile must not be looked at again.
  Link due;
  if (slots_[slot].alone()) return;
  due.insert_before(slots_[slot]);
  slots_[slot].unlink();
  while (!due.alone()) {
    auto& node = static_cast<Node&>(*due.next);
    node.unlink();
    if (node.deadline_ <= now) {
      node.on_timer(now);
    } else {
      link(node);  // due in a later turn
    }
  }
}

std::optional<TimePoint> TimerWheel::next_wakeup() noexcept {
  for (std::size_t distance = 0; distance < kSlots;) {
    const auto slot = (static_cast<std::size_t>(current_tick_) + distance) % kSlots;
    const std::uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word == 0) {
      distance += 64 - slot % 64;
      continue;
    }
    const auto skip = static_cast<std::size_t>(std::countr_zero(word));
    const std::size_t found = slot + skip;
    if (!slots_[found].alone()) {
      const auto tick = current_tick_ + static_cast<std::int64_t>(distance + skip);
      return TimePoint(Millis(tick * kTick.count()));
    }
    occupied_[found / 64] &= ~(std::uint64_t{1} << (found % 64));
    distance += skip + 1;
  }
  return std::nullopt;
}

}  // namespace patchbay::engineio
