// SPDX-License-Identifier: MIT
#include "poller.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <span>
#include <utility>

namespace patchbay::engineio {

namespace {

// Turns in a row before timers and posted functions get theirs.
constexpr int kMaxTurns = 4;
// After a turn with so many events there is likely to be more already: looking at once is cheaper
// than going back through the io_context.
constexpr std::size_t kCrowdedTurn = 8;

int open_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return descriptor;
}

epoll_event entry_of(Poller::Source& source, std::uint32_t events) noexcept {
  epoll_event entry{};
  entry.events = events | EPOLLRDHUP | EPOLLET;
  entry.data.ptr = &source;
  return entry;
}

}  // namespace

Poller::Poller(asio::io_context& io_context, TurnListener& listener)
    : epoll_(io_context, open_epoll()), listener_(&listener) {}

Poller::~Poller() = default;

std::error_code Poller::add(int descriptor, Source& source, std::uint32_t events) {
  epoll_event entry = entry_of(source, events);
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &entry) != 0) {
    return {errno, std::system_category()};
  }
  ++sources_;
  watch();
  return {};
}

void Poller::modify(int descriptor, Source& source, std::uint32_t events) {
  epoll_event entry = entry_of(source, events);
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, descriptor, &entry);
}

void Poller::remove(int descriptor, Source& source) {
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  forget(source);
}

void Poller::forget(Source& source) {
  --sources_;
  for (std::size_t i = events_begin_; i < events_end_; ++i) {
    if (events_[i].data.ptr == &source) events_[i].data.ptr = nullptr;
  }
  std::ranges::replace(again_, &source, nullptr);
  std::ranges::replace(calling_, &source, nullptr);
}

void Poller::call_again(Source& source) {
  again_.push_back(&source);
  if (!in_turn_) post_turns();
}

void Poller::stop() {
  stopped_ = true;
  asio::error_code ignored;
  epoll_.cancel(ignored);
}

// With no one to be told of anything, nothing keeps the io_context running.
void Poller::watch() {
  if (watching_ || stopped_ || sources_ == 0) return;
  watching_ = true;
  epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                    [this, alive = std::weak_ptr(alive_)](asio::error_code /*error*/) {
                      if (alive.expired()) return;
                      watching_ = false;
                      run_turns();
                    });
}

void Poller::post_turns() {
  if (stopped_ || std::exchange(posted_, true)) return;
  asio::post(epoll_.get_executor(), [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    posted_ = false;
    run_turns();
  });
}

void Poller::run_turns() {
  for (int i = 0; i < kMaxTurns; ++i) {
    if (!run_turn()) break;
  }
  if (again_.empty()) {
    watch();
  } else {
    post_turns();
  }
}

// True when another turn is likely to find something.
bool Poller::run_turn() {
  const int count = ::epoll_wait(epoll_.native_handle(), events_.data(), kMaxEvents, 0);
  events_begin_ = 0;
  events_end_ = static_cast<std::size_t>(std::max(count, 0));  // interrupted: as good as nothing
  const bool crowded = events_end_ >= kCrowdedTurn;
  calling_.swap(again_);

  in_turn_ = true;
  listener_->on_turn_begin();
  for (std::size_t i = 0; i < calling_.size(); ++i) {
    if (calling_[i]) calling_[i]->on_ready(0);
  }
  calling_.clear();
  while (events_begin_ < events_end_) {
    const epoll_event& event = events_[events_begin_++];
    if (event.data.ptr) static_cast<Source*>(event.data.ptr)->on_ready(event.events);
  }
  listener_->on_turn_end();
  in_turn_ = false;
  return crowded || !again_.empty();
}

}  // namespace patchbay::engineio
