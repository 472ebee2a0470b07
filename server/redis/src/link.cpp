// SPDX-License-Identifier: MIT
#include "link.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <chrono>
#include <utility>

namespace patchbay::redis {

namespace {

// What may wait for a Redis that does not read, before it counts as gone.
constexpr std::size_t kMaxUnsent = std::size_t{64} * 1024 * 1024;
constexpr int kJitterMs = 1'000;

}  // namespace

Link::Link(asio::io_context& io, const Options& options, Endpoint endpoint, Replies replies,
           Listener& listener)
    : io_(&io),
      options_(options),
      endpoint_(std::move(endpoint)),
      replies_(replies),
      listener_(&listener),
      patience_(options.timeout),
      timer_(io),
      random_(std::random_device{}()) {}

void Link::start() {
  if (listener_ && !connection_) connect();
}

void Link::stop(bool flush) {
  listener_ = nullptr;
  up_ = false;
  timer_.reset();
  waiting_.clear();
  const auto connection = std::exchange(connection_, nullptr);
  if (!connection) return;
  if (flush) {
    connection->close_after_sending();
  } else {
    connection->close();
  }
}

void Link::connect() {
  connection_ = std::make_shared<Connection>(*io_, endpoint_, options_.ca_file, *this);
  last_sign_ = Clock::now();
  watch();
  connection_->open();
}

void Link::send(const std::string& commands, std::size_t replies, Callback callback) {
  if (!up_) {
    if (callback) callback({});
    return;
  }
  // Whoever has had nothing to do may have been silent.
  if (waiting_.empty()) last_sign_ = Clock::now();
  if (replies_ == Replies::in_order) {
    waiting_.push_back({.replies = replies, .callback = std::move(callback)});
  }
  connection_->write(commands);
  // Later: whoever sends is in the middle of something.
  if (connection_->unsent() > kMaxUnsent && !std::exchange(overfull_, true)) {
    asio::post(*io_, [weak = weak_from_this(), connection = connection_] {
      const auto self = weak.lock();
      if (self && self->connection_ == connection) self->give_up("it does not take what is sent");
    });
  }
}

// --- What the connection tells

void Link::on_open() {
  up_ = true;
  told_down_ = false;
  attempts_ = 0;
  ping_open_ = false;
  overfull_ = false;
  last_sign_ = Clock::now();
  listener_->on_up();
}

void Link::on_reply(ReplyView reply) {
  last_sign_ = Clock::now();
  if (replies_ == Replies::pushed) {
    ping_open_ = false;
    listener_->on_push(reply);
    return;
  }
  if (waiting_.empty()) return;
  if (--waiting_.front().replies > 0) return;
  const Callback callback = std::move(waiting_.front().callback);
  waiting_.pop_front();
  const auto keep = shared_from_this();
  if (callback) callback(reply);
}

void Link::on_closed(std::string reason) {
  const auto keep = shared_from_this();
  connection_.reset();
  up_ = false;
  timer_->expires_after(next_delay());
  timer_->async_wait([weak = weak_from_this()](asio::error_code error) {
    const auto self = weak.lock();
    if (!error && self && self->listener_) self->connect();
  });
  if (!std::exchange(told_down_, true)) listener_->on_down(reason);
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    if (waiting.callback) waiting.callback({});
  }
}

Millis retry_delay(const Options& options, unsigned failed, Millis jitter) {
  constexpr unsigned kMaxShift = 20;
  const Millis doubled = options.retry_base * (1U << std::min(failed, kMaxShift));
  return std::min(options.retry_limit, doubled + jitter);
}

Millis Link::next_delay() {
  const Millis jitter(std::uniform_int_distribution<int>(0, kJitterMs)(random_));
  return retry_delay(options_, attempts_++, jitter);
}

// --- Signs of life

void Link::watch() {
  timer_->expires_after(options_.timeout / 2);
  timer_->async_wait([weak = weak_from_this()](asio::error_code error) {
    const auto self = weak.lock();
    if (!error && self && self->listener_ && self->connection_) self->on_watch();
  });
}

void Link::on_watch() {
  const bool expected = !up_ || ping_open_ || !waiting_.empty();
  if (expected && Clock::now() - last_sign_ > patience_) {
    return give_up(up_ ? "no answer in time" : "no connection in time");
  }
  if (up_ && !expected) {
    if (replies_ == Replies::pushed) {
      ping_open_ = true;
      last_sign_ = Clock::now();
      connection_->write(command("PING"));
    } else {
      send(command("PING"));
    }
  }
  watch();
}

void Link::give_up(const std::string& reason) {
  connection_->close();
  on_closed(reason);
}

}  // namespace patchbay::redis
