// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/session_machine.hpp"

#include <algorithm>
#include <utility>

#include "patchbay/protocol/eio/payload.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay::eio {

namespace {

constexpr std::string_view kClosePacket = "1";
constexpr std::string_view kNoopPacket = "6";

// A ping that is no later than this was due when it was sent: what timers are late by must not add
// up. One that is later (the process was stopped, say) still leaves its client the whole
// ping_timeout.
constexpr Millis kTimerSlack{50};

// These two never change and are sent all the time: one encoding serves every session.
const EncodedPacket& ping_packet() {
  static const EncodedPacket packet = EncodedPacket::text(PacketType::ping, {});
  return packet;
}

}  // namespace

SessionMachine::SessionMachine(Handler& handler, const SessionConfig& config, Transport transport,
                               EncodedPacket open_packet, TimePoint now)
    : handler_(&handler),
      config_(&config),
      heartbeat_deadline_(now + config.ping_interval),
      transport_(transport) {
  queue_.push(std::move(open_packet));
}

// --- Polling

SessionMachine::PollVerdict SessionMachine::on_poll(std::string& body) {
  if (poll_held_) {
    finish(CloseReason::transport_error, Errc::eio_poll_overlap);
    return PollVerdict::refuse;
  }
  if (!queue_.empty()) {
    body = take_queued_payload();
    return PollVerdict::answer;
  }
  if (state_ == State::closing) {
    body.assign(kNoopPacket);
    body += kPacketSeparator;
    body += kClosePacket;
    finish(CloseReason::forced_close, Errc::none);
    return PollVerdict::answer;
  }
  poll_held_ = true;
  return PollVerdict::hold;
}

void SessionMachine::on_poll_aborted() {
  if (!poll_held_) return;
  poll_held_ = false;
  finish(CloseReason::transport_error, Errc::eio_poll_aborted);
}

void SessionMachine::flush_poll() {
  if (!poll_held_ || queue_.empty()) return;
  poll_held_ = false;
  handler_->answer_poll(take_queued_payload());
}

std::string SessionMachine::take_queued_payload() {
  std::string body;
  body.reserve(queue_.bytes());
  for (const EncodedPacket& packet : queue_.packets()) append_to_payload(body, packet);
  queue_.pop(queue_.size());
  return body;
}

bool SessionMachine::on_post_begin() {
  if (post_active_) {
    finish(CloseReason::transport_error, Errc::eio_post_overlap);
    return false;
  }
  post_active_ = true;
  return true;
}

bool SessionMachine::on_post_end(std::string_view body, TimePoint now) {
  post_active_ = false;
  if (!is_valid_utf8(body)) {
    finish(CloseReason::parse_error, Errc::eio_invalid_utf8);
    return false;
  }
  PayloadReader reader(body);
  while (!reader.at_end() && state_ == State::open) {
    const auto packet = reader.next();
    if (!packet) {
      finish(CloseReason::parse_error, packet.error());
      return false;
    }
    on_packet(*packet, now);
  }
  return true;
}

void SessionMachine::on_post_failed(Errc why) {
  post_active_ = false;
  if (transport_ == Transport::websocket) return;  // left behind by an upgrade
  finish(CloseReason::transport_error, why);
}

// --- WebSocket

void SessionMachine::on_websocket_text(std::string_view text, TimePoint now) {
  if (state_ != State::open) return;
  std::string decoded;
  const auto packet = decode_packet(text, decoded);
  if (packet) {
    on_packet(*packet, now);
  } else {
    finish(CloseReason::parse_error, packet.error());
  }
}

void SessionMachine::on_websocket_binary(std::string_view data, TimePoint now) {
  if (state_ != State::open) return;
  on_packet({.type = PacketType::message, .binary = true, .data = data}, now);
}

void SessionMachine::on_websocket_closed() {
  // The connection is gone: there is nothing left for finish() to close.
  finish(CloseReason::transport_close, Errc::eio_connection_lost);
}

void SessionMachine::on_websocket_failed(Errc why) {
  finish(CloseReason::transport_error, why);
}

void SessionMachine::on_drained() {
  if (state_ == State::closing && transport_ == Transport::websocket) {
    finish(CloseReason::forced_close, Errc::none);
  }
}

// --- Packets

void SessionMachine::on_packet(const PacketView& packet, TimePoint now) {
  if (packet.type != PacketType::pong) extend_pong_deadline(now);
  switch (packet.type) {
    case PacketType::message:
      handler_->on_message(packet.binary, packet.data);
      break;
    case PacketType::pong:
      on_pong(now);
      break;
    case PacketType::ping:
      finish(CloseReason::transport_error, Errc::eio_heartbeat_direction);
      break;
    case PacketType::close:
      finish(CloseReason::transport_close, Errc::none);
      break;
    case PacketType::open:
    case PacketType::upgrade:
    case PacketType::noop:
      break;  // legal and without meaning here
  }
}

void SessionMachine::on_pong(TimePoint now) {
  if (!awaiting_pong_) return;
  awaiting_pong_ = false;
  heartbeat_deadline_ = now + config_->ping_interval;
}

// A client that is busy sending is alive, even if its pong is stuck behind what it sends. Once per
// ping, so that a client that never answers still goes.
void SessionMachine::extend_pong_deadline(TimePoint now) {
  if (!awaiting_pong_ || pong_deadline_extended_) return;
  pong_deadline_extended_ = true;
  heartbeat_deadline_ = now + config_->ping_timeout;
}

// --- Upgrade

bool SessionMachine::on_candidate(TimePoint now) {
  if (state_ != State::open || transport_ != Transport::polling || upgrading()) return false;
  candidate_ = Candidate::attached;
  upgrade_deadline_ = now + config_->upgrade_timeout;
  return true;
}

void SessionMachine::on_candidate_text(std::string_view text, TimePoint now) {
  if (!upgrading()) return;  // sent behind what made us give it up
  if (text == "2probe") {
    candidate_ = Candidate::probed;
    noop_deadline_ = now + config_->upgrade_noop_interval;
    handler_->answer_probe();
  } else if (text == "5" && state_ == State::open) {
    complete_upgrade();
  } else if (text == "5") {
    finish(CloseReason::forced_close, Errc::none);
  } else {
    drop_candidate();
  }
}

void SessionMachine::on_candidate_binary() {
  drop_candidate();
}

void SessionMachine::on_candidate_closed() {
  candidate_ = Candidate::none;
}

void SessionMachine::complete_upgrade() {
  // The poll first: a handler that closes the session from inside this call must not find a
  // WebSocket that it has not been given yet.
  if (std::exchange(poll_held_, false)) handler_->answer_poll(std::string(kNoopPacket));
  if (state_ != State::open) return finish(CloseReason::forced_close, Errc::none);
  candidate_ = Candidate::none;
  transport_ = Transport::websocket;
  // The heartbeat goes on as it was: were it only restarted by a pong, a client that never sends
  // one would live for ever.
  handler_->on_upgrade();
  if (!queue_.empty()) handler_->wake_writer();
}

void SessionMachine::drop_candidate() {
  if (!upgrading()) return;
  candidate_ = Candidate::none;
  handler_->close_candidate();
}

// --- Sending and closing -------------------------------------------------------------------------

bool SessionMachine::send(EncodedPacket packet) {
  if (state_ != State::open) return false;
  queue_.push(std::move(packet));
  handler_->wake_writer();
  return true;
}

bool SessionMachine::writable() const noexcept {
  if (state_ != State::open || !queue_.empty()) return false;
  return transport_ == Transport::websocket || poll_held_;
}

void SessionMachine::close(TimePoint now) {
  if (state_ != State::open) return;
  state_ = State::closing;
  closing_deadline_ = now + config_->closing_timeout;
  if (std::exchange(post_active_, false)) handler_->abort_post();
  const bool client_is_listening = transport_ == Transport::websocket || poll_held_;
  if (client_is_listening && queue_.empty()) finish(CloseReason::forced_close, Errc::none);
}

void SessionMachine::close_now() {
  queue_.clear();
  finish(CloseReason::forced_close, Errc::none);
}

void SessionMachine::finish(CloseReason reason, Errc detail) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  queue_.clear();
  drop_candidate();
  if (std::exchange(post_active_, false)) handler_->abort_post();
  if (std::exchange(poll_held_, false)) {
    // A client that said goodbye itself has only to be released from its poll.
    const bool client_knows = reason == CloseReason::transport_close;
    handler_->answer_poll(std::string(client_knows ? kNoopPacket : kClosePacket));
  }
  if (transport_ == Transport::websocket) handler_->close_websocket();
  handler_->on_close(reason, detail);
}

// --- Time

std::optional<TimePoint> SessionMachine::deadline() const noexcept {
  if (state_ == State::closed) return std::nullopt;
  TimePoint earliest = state_ == State::open ? heartbeat_deadline_ : closing_deadline_;
  if (upgrading()) earliest = std::min(earliest, upgrade_deadline_);
  if (candidate_ == Candidate::probed) earliest = std::min(earliest, noop_deadline_);
  return earliest;
}

void SessionMachine::on_time(TimePoint now) {
  if (upgrading() && now >= upgrade_deadline_) drop_candidate();
  if (candidate_ == Candidate::probed && now >= noop_deadline_) {
    noop_deadline_ = now + config_->upgrade_noop_interval;
    if (std::exchange(poll_held_, false)) handler_->answer_poll(std::string(kNoopPacket));
  }
  if (state_ == State::open && now >= heartbeat_deadline_) on_heartbeat_due(now);
  if (state_ == State::closing && now >= closing_deadline_) {
    finish(CloseReason::forced_close, Errc::none);
  }
}

void SessionMachine::on_heartbeat_due(TimePoint now) {
  if (awaiting_pong_) {
    finish(CloseReason::ping_timeout, Errc::eio_pong_missing);
    return;
  }
  awaiting_pong_ = true;
  pong_deadline_extended_ = false;
  const bool on_time = now - heartbeat_deadline_ <= kTimerSlack;
  heartbeat_deadline_ = (on_time ? heartbeat_deadline_ : now) + config_->ping_timeout;
  send(ping_packet());
}

}  // namespace patchbay::eio
