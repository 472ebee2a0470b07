// SPDX-License-Identifier: MIT
#include "shard.hpp"

#include <malloc.h>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <ctime>
#include <utility>

#include "live_session.hpp"
#include "stream.hpp"
#include "tls_session.hpp"

namespace patchbay::engineio {

namespace {

// A read gets at most this much. Large enough for many small messages and for few system calls per
// large one; it exists once per shard.
constexpr std::size_t kScratchBytes = std::size_t{256} * 1024;

// After a crowd has left: those who come back at once, as after a broken network, find the memory
// still there.
constexpr Millis kEbbDelay{1'000};

TimePoint monotonic_now() noexcept {
  return std::chrono::time_point_cast<Millis>(std::chrono::steady_clock::now());
}

}  // namespace

// Timers of the layer above.
class Shard::WheelTimer final : public Timer, private TimerWheel::Node {
 public:
  WheelTimer(Shard& shard, std::function<void()> callback)
      : shard_(&shard), callback_(std::move(callback)) {}

  void start(TimePoint deadline) override { shard_->schedule(*this, deadline); }
  void stop() override { TimerWheel::cancel(*this); }

 private:
  void on_timer(TimePoint /*now*/) override {
    const auto callback = callback_;  // it may destroy this timer
    callback();
  }

  Shard* shard_;
  std::function<void()> callback_;
};

Shard::Shard(std::size_t index, asio::io_context* given)
    : index_(index),
      wheel_(monotonic_now()),
      scratch_(kScratchBytes),
      ids_(static_cast<std::uint8_t>(index)),
      own_io_context_(given ? nullptr : std::make_unique<asio::io_context>(1)),
      io_context_(given ? *given : *own_io_context_),
      wheel_timer_(io_context_) {
  poller_.emplace(io_context_, static_cast<Poller::TurnListener&>(*this));
}

// Sessions own connections, which must not outlive the io_context.
Shard::~Shard() {
  dirty_.clear();
  sessions_.clear();
}

bool Shard::in_loop_thread() const noexcept {
  if (discarded_) return true;
  if (!own_io_context_) {
    return detached_ || io_context_.get_executor().running_in_this_thread();
  }
  return runner_.load(std::memory_order_relaxed) == std::this_thread::get_id() ||
         detached_.load(std::memory_order_relaxed);
}

void Shard::post(std::function<void()> function) {
  if (discarded_) return;
  if (own_io_context_) {
    asio::post(io_context_, std::move(function));
    return;
  }
  asio::post(io_context_, [alive = std::weak_ptr(alive_), function = std::move(function)] {
    if (!alive.expired()) function();
  });
}

TimePoint Shard::now() const noexcept {
  return turn_time_ ? *turn_time_ : monotonic_now();
}

std::unique_ptr<Timer> Shard::make_timer(std::function<void()> callback) {
  return std::make_unique<WheelTimer>(*this, std::move(callback));
}

void Shard::run() {
  const auto work = asio::make_work_guard(io_context_);
  runner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  const auto leave = [this] { runner_.store(std::thread::id(), std::memory_order_relaxed); };
  try {
    io_context_.run();
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

void Shard::begin_running() noexcept {
  runner_.store(std::thread::id(), std::memory_order_relaxed);
}

// Not whoever's comes along: several threads may go on to emit when the server has closed.
void Shard::end_running() noexcept {
  runner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

void Shard::discard() noexcept {
  discarded_ = true;
  poller_.reset();
  wheel_timer_.reset();
  own_io_context_.reset();
}

void Shard::stop() {
  if (own_io_context_) {
    io_context_.stop();
  } else {
    wheel_timer_->cancel();
    wheel_armed_for_.reset();
    poller_->stop();
  }
}

std::span<char> Shard::tls_scratch() {
  if (tls_scratch_.empty()) tls_scratch_.resize(TlsSession::kRecordBytes);
  return tls_scratch_;
}

void Shard::schedule(TimerWheel::Node& node, TimePoint deadline) {
  wheel_.schedule(node, deadline);
  if (!wheel_armed_for_ || deadline < *wheel_armed_for_) arm_wheel();
}

void Shard::arm_wheel() {
  const auto wakeup = wheel_.next_wakeup();
  wheel_armed_for_ = wakeup;
  if (!wakeup || !wheel_timer_) return;
  wheel_timer_->expires_at(*wakeup);
  wheel_timer_->async_wait([this](asio::error_code error) {
    if (!error) on_wheel();
  });
}

void Shard::on_wheel() {
  wheel_armed_for_.reset();
  wheel_.advance(now());
  if (!wheel_armed_for_) arm_wheel();
}

void Shard::flush_later(std::shared_ptr<LiveSession> session) {
  dirty_.push_back(std::move(session));
  if (std::exchange(flush_expected_, true)) return;
  if (own_io_context_) {
    asio::post(io_context_, [this] { flush_sessions(); });
  } else {
    post([this] { flush_sessions(); });
  }
}

void Shard::flush_if_alone(LiveSession& session) {
  if (dirty_.size() != 1 || dirty_.front().get() != &session) return;
  const auto keep = std::move(dirty_.front());
  dirty_.clear();
  deflate_pool_.begin_turn();
  keep->flush();
  deflate_pool_.end_turn();
}

void Shard::on_turn_begin() {
  turn_time_ = monotonic_now();
  // A flush that has been posted finds nothing left to do.
  flush_expected_ = true;
}

void Shard::on_turn_end() {
  flush_sessions();
  turn_time_.reset();
}

void Shard::flush_sessions() {
  flush_expected_ = false;
  if (dirty_.empty()) return;
  auto sessions = std::exchange(dirty_, {});
  deflate_pool_.begin_turn();
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (i + 2 < sessions.size()) sessions[i + 2]->prefetch();
    if (i + 1 < sessions.size()) sessions[i + 1]->prefetch_transport();
    sessions[i]->flush();
  }
  deflate_pool_.end_turn();
  // Keep the room for the next turn, unless this one was unusually crowded.
  constexpr std::size_t kKeptCapacity = 1024;
  if (dirty_.empty() && sessions.capacity() <= kKeptCapacity) {
    sessions.clear();
    dirty_ = std::move(sessions);
  }
}

std::string_view Shard::http_date() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t second = std::chrono::system_clock::to_time_t(now);
  if (second != http_date_second_) {
    std::tm parts{};
    gmtime_r(&second, &parts);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    http_date_.assign(text, size);
    http_date_second_ = second;
  }
  return http_date_;
}

void Shard::add_session(std::shared_ptr<LiveSession> session) {
  const std::string_view id = session->id();
  sessions_.emplace(id, std::move(session));
  session_count_.store(sessions_.size(), std::memory_order_relaxed);
}

void Shard::remove_session(const LiveSession& session) {
  sessions_.erase(session.id());
  session_count_.store(sessions_.size(), std::memory_order_relaxed);
}

std::shared_ptr<LiveSession> Shard::find_session(std::string_view id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

void Shard::add_stream(Stream& stream) {
  stream.position_in_shard_ = streams_.size();
  streams_.push_back(&stream);
  stream_count_.store(streams_.size(), std::memory_order_relaxed);
}

void Shard::remove_stream(Stream& stream) {
  if (stream.position_in_shard_ == Stream::kNowhere) return;
  // The last one takes the free place.
  Stream* last = streams_.back();
  last->position_in_shard_ = stream.position_in_shard_;
  streams_[stream.position_in_shard_] = last;
  stream.position_in_shard_ = Stream::kNowhere;
  streams_.pop_back();
  stream_count_.store(streams_.size(), std::memory_order_relaxed);
  if (crowd_.has_left(streams_.size()) && !ebb_timer_) {
    ebb_timer_ = make_timer([this] { give_memory_back(); });
    ebb_timer_->start(now() + kEbbDelay);
  }
}

// What the allocator has got back it keeps, and so do tables.
void Shard::give_memory_back() {
  ebb_timer_.reset();
  crowd_.reset(streams_.size());
  streams_.shrink_to_fit();
  sessions_.rehash(0);
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

std::vector<std::shared_ptr<Stream>> Shard::streams() const {
  std::vector<std::shared_ptr<Stream>> alive;
  alive.reserve(streams_.size());
  for (Stream* stream : streams_) {
    if (auto shared = stream->weak_from_this().lock()) alive.push_back(std::move(shared));
  }
  return alive;
}

}  // namespace patchbay::engineio
