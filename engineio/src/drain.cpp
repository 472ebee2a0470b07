// SPDX-License-Identifier: MIT
#include "drain.hpp"

#include <utility>

#include "live_session.hpp"
#include "shard.hpp"

namespace patchbay::engineio {

namespace {

constexpr Millis kStep{20};

}  // namespace

Drain::Drain(Shard& shard, Millis spread, Millis deadline, std::function<void()> done)
    : shard_(&shard),
      begin_(shard.now()),
      spread_(spread),
      deadline_(begin_ + deadline),
      done_(std::move(done)),
      timer_(shard.make_timer([this] { step(); })) {
  sessions_.reserve(shard.sessions().size());
  for (const auto& [id, session] : shard.sessions()) sessions_.push_back(session);
  timer_->start(begin_);
}

void Drain::step() {
  const TimePoint now = shard_->now();
  for (const std::size_t until = due(now); closed_ < until; ++closed_) {
    if (const auto session = sessions_[closed_].lock()) {
      session->close_because(Errc::eio_server_draining);
    }
  }
  if (shard_->session_count() > 0 && now < deadline_) {
    timer_->start(now + kStep);
    return;
  }
  const auto done = done_;  // it may be the end of this
  done();
}

// How many should have been closed by now.
std::size_t Drain::due(TimePoint now) const noexcept {
  const auto elapsed = static_cast<std::size_t>((now - begin_).count());
  const auto spread = static_cast<std::size_t>(spread_.count());
  if (elapsed >= spread) return sessions_.size();
  return sessions_.size() * elapsed / spread;
}

}  // namespace patchbay::engineio
