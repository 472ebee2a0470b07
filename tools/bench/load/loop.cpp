// SPDX-License-Identifier: MIT
#include "loop.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace patchbay::bench {

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), scratch_(kScratchBytes) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  // Messages at a fixed rate are due at times finer than the usual slack of 50 us.
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

Loop::~Loop() {
  close(epoll_);
}

void Loop::watch(int fd, Pollable& pollable) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &pollable;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void Loop::forget(int fd, Pollable& pollable) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  for (std::size_t i = 0; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == &pollable) ready_[i].data.ptr = nullptr;
  }
  std::erase(unflushed_, &pollable);
}

void Loop::flush_all() {
  // Flushing can make more to flush.
  for (std::size_t i = 0; i < unflushed_.size(); ++i) unflushed_[i]->flush();
  unflushed_.clear();
}

void Loop::poll(Nanoseconds until) {
  flush_all();
  const Nanoseconds left = std::max<Nanoseconds>(until - now(), 0);
  const timespec timeout{left / kSecond, left % kSecond};
  const int count = epoll_pwait2(epoll_, ready_.data(), kEventsAtOnce, &timeout, nullptr);
  ready_count_ = static_cast<std::size_t>(std::max(count, 0));
  for (std::size_t i = 0; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == nullptr) continue;
    static_cast<Pollable*>(ready_[i].data.ptr)->on_events(ready_[i].events);
    flush_all();
  }
  ready_count_ = 0;
}

void Loop::run_until(Nanoseconds until) {
  while (now() < until) poll(until);
}

}  // namespace patchbay::bench
