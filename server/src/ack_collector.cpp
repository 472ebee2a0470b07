// SPDX-License-Identifier: MIT
#include "ack_collector.hpp"

#include <utility>

#include "patchbay/protocol/error.hpp"

namespace patchbay {

// No more answers can come: whoever had to give them has given up, perhaps before the timer here
// was due.
AckCollector::~AckCollector() {
  if (!done_) return;
  // The timer has to be destroyed on the loop.
  loop_->post([done = std::move(done_), responses = std::move(responses_),
               timer = std::shared_ptr(std::move(timer_))]() mutable {
    done(Errc::ack_timeout, std::move(responses));
  });
}

void AckCollector::start(Millis limit) {
  loop_->dispatch([self = shared_from_this(), limit] {
    if (!self->done_) return;
    self->timer_ = self->loop_->make_timer([weak = self->weak_from_this()] {
      if (const auto alive = weak.lock()) alive->finish(Errc::ack_timeout);
    });
    self->timer_->start(self->loop_->now() + limit);
  });
}

void AckCollector::on_server_count(std::size_t servers) {
  loop_->dispatch([self = shared_from_this(), servers] {
    self->servers_ = servers;
    self->check();
  });
}

void AckCollector::on_client_count(std::size_t clients) {
  loop_->dispatch([self = shared_from_this(), clients] {
    ++self->servers_heard_;
    self->clients_ += clients;
    self->check();
  });
}

void AckCollector::on_ack(Value first_value) {
  loop_->dispatch([self = shared_from_this(), value = std::move(first_value)] {
    self->responses_.push_back(value);
    self->check();
  });
}

void AckCollector::on_client_lost() {
  loop_->dispatch([self = shared_from_this()] {
    ++self->lost_;
    self->check();
  });
}

void AckCollector::check() {
  if (!servers_ || servers_heard_ < *servers_) return;
  if (responses_.size() + lost_ < clients_) return;
  finish(lost_ > 0 ? std::error_code(Errc::ack_disconnected) : std::error_code());
}

void AckCollector::finish(std::error_code error) {
  const auto done = std::exchange(done_, nullptr);
  if (!done) return;
  const auto self = shared_from_this();
  timer_.reset();
  done(error, std::exchange(responses_, {}));
}

}  // namespace patchbay
