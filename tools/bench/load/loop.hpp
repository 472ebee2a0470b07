// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "clock.hpp"

namespace patchbay::bench {

class Loop;

/// Something with a descriptor. It must be forgotten by the loop before it goes.
class Pollable {
 public:
  Pollable() = default;
  Pollable(const Pollable&) = delete;
  Pollable& operator=(const Pollable&) = delete;
  virtual ~Pollable() = default;

  /// `events` as from epoll_wait. What is ready must be taken in full: there is no second notice.
  virtual void on_events(std::uint32_t events) = 0;

  /// Sends what has gathered since flush_later().
  virtual void flush() = 0;
};

/// epoll, edge-triggered: each descriptor is announced once and never changed, so that a message
/// costs no epoll_ctl. One thread.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void watch(int fd, Pollable& pollable);

  /// Nothing is reported to it any more, even what has been read from epoll already.
  void forget(int fd, Pollable& pollable);

  /// Waits until something is ready, at most until `until` (a time that has passed: does not wait),
  /// and handles what is.
  void poll(Nanoseconds until);

  /// Lets time pass until `until`.
  void run_until(Nanoseconds until);

  /// `pollable` is flushed after the handler that runs now, or at the next poll().
  void flush_later(Pollable& pollable) { unflushed_.push_back(&pollable); }

  /// When what is handled now was received.
  Nanoseconds received_at() const { return received_at_; }
  void note_received() { received_at_ = now(); }

  /// What is received lands here; its content is worth nothing after the handler.
  std::span<char> scratch() { return scratch_; }

 private:
  static constexpr std::size_t kScratchBytes = std::size_t{512} * 1024;
  static constexpr std::size_t kEventsAtOnce = 256;

  void flush_all();

  int epoll_;
  std::array<epoll_event, kEventsAtOnce> ready_{};
  std::size_t ready_count_ = 0;
  Nanoseconds received_at_ = 0;
  std::vector<Pollable*> unflushed_;
  std::vector<char> scratch_;
};

}  // namespace patchbay::bench
