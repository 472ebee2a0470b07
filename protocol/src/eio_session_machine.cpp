// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/session_machine.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "patchbay/protocol/eio/payload.hpp"
#include "patchbay/protocol/eio/revision3.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay::eio {

namespace {

// A ping that is no later than this was due when it was sent: what timers are late by must not add
// up. One that is later (the process was stopped, say) still leaves its client the whole
// ping_timeout.
constexpr Millis kTimerSlack{50};

// These never change and are sent all the time: one encoding serves every session.
const EncodedPacket& bare_packet(PacketType type) {
  static const std::array packets{
      EncodedPacket::text(PacketType::open, {}),    EncodedPacket::text(PacketType::close, {}),
      EncodedPacket::text(PacketType::ping, {}),    EncodedPacket::text(PacketType::pong, {}),
      EncodedPacket::text(PacketType::message, {}), EncodedPacket::text(PacketType::upgrade, {}),
      EncodedPacket::text(PacketType::noop, {})};
  return packets[static_cast<std::size_t>(type)];
}

// How long a new session may do without a heartbeat.
Millis first_patience(const SessionConfig& config, WireFormat format) {
  if (format == WireFormat::revision4) return config.ping_interval;
  return config.ping_interval + config.ping_timeout;
}

}  // namespace

SessionMachine::SessionMachine(Handler& handler, const SessionConfig& config, Transport transport,
                               EncodedPacket open_packet, TimePoint now, WireFormat format,
                               SendBudget* budget)
    : handler_(&handler),
      config_(&config),
      queue_(budget),
      heartbeat_deadline_(now + first_patience(config, format)),
      transport_(transport),
      format_(format) {
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
    body = payload_of(std::array{bare_packet(PacketType::noop), bare_packet(PacketType::close)});
    finish(CloseReason::forced_close, closing_reason_);
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
  std::string body = take_queued_payload();
  poll_held_ = false;
  handler_->answer_poll(std::move(body));
}

std::string SessionMachine::take_queued_payload() {
  std::string body = payload_of(queue_.packets());
  queue_.pop(queue_.size());
  return body;
}

std::string SessionMachine::payload_of(std::span<const EncodedPacket> packets) const {
  if (is_revision3()) return revision3::encode_payload(packets);
  std::string body;
  std::size_t size = 0;
  for (const EncodedPacket& packet : packets) size += packet.frame().size();
  body.reserve(size);
  for (const EncodedPacket& packet : packets) append_to_payload(body, packet);
  return body;
}

// Answers a held GET, if there is one, with this packet only.
void SessionMachine::release_poll(PacketType type) {
  if (!poll_held_) return;
  std::string body = payload_of(std::span(&bare_packet(type), 1));
  poll_held_ = false;
  handler_->answer_poll(std::move(body));
}

bool SessionMachine::on_post_begin() {
  if (post_active_) {
    finish(CloseReason::transport_error, Errc::eio_post_overlap);
    return false;
  }
  post_active_ = true;
  return true;
}

bool SessionMachine::on_post_end(std::string_view body, TimePoint now, bool binary) {
  post_active_ = false;
  if (!binary && !is_valid_utf8(body)) {
    finish(CloseReason::parse_error, Errc::eio_invalid_utf8);
    return false;
  }
  if (is_revision3()) return read_packets(revision3::PayloadReader(body, binary), now);
  return read_packets(PayloadReader(body), now);
}

template <typename Reader>
bool SessionMachine::read_packets(Reader reader, TimePoint now) {
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
  const auto packet =
      is_revision3() ? revision3::decode_text(text, decoded) : decode_packet(text, decoded);
  if (packet) {
    on_packet(*packet, now);
  } else {
    finish(CloseReason::parse_error, packet.error());
  }
}

void SessionMachine::on_websocket_binary(std::string_view data, TimePoint now) {
  if (state_ != State::open) return;
  if (!is_revision3()) {
    on_packet({.type = PacketType::message, .binary = true, .data = data}, now);
  } else if (const auto packet = revision3::decode_binary(data)) {
    on_packet(*packet, now);
  } else {
    finish(CloseReason::parse_error, packet.error());
  }
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
    finish(CloseReason::forced_close, closing_reason_);
  }
}

// --- Packets

void SessionMachine::on_packet(const PacketView& packet, TimePoint now) {
  handler_->on_packet(packet);
  if (state_ == State::closed) return;
  if (packet.type != PacketType::pong) extend_pong_deadline(now);
  switch (packet.type) {
    case PacketType::message:
      handler_->on_message(packet.binary, packet.data);
      break;
    case PacketType::pong:
      on_pong(now);
      break;
    case PacketType::ping:
      on_ping(now);
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

void SessionMachine::on_ping(TimePoint now) {
  if (!is_revision3()) {
    finish(CloseReason::transport_error, Errc::eio_heartbeat_direction);
    return;
  }
  heartbeat_deadline_ = now + config_->ping_interval + config_->ping_timeout;
  // A pong that still waits answers this ping, too: pongs must not pile up for a client that sends
  // pings and fetches nothing.
  const EncodedPacket& pong = bare_packet(PacketType::pong);
  const auto queued = queue_.packets();
  if (queued.empty() || queued.back().payload() != pong.payload()) send(pong);
}

void SessionMachine::on_pong(TimePoint now) {
  if (is_revision3()) {
    finish(CloseReason::transport_error, Errc::eio_heartbeat_direction);
    return;
  }
  if (!awaiting_pong_) return;
  awaiting_pong_ = false;
  pongs_missed_ = 0;
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

bool SessionMachine::on_candidate(TimePoint now, bool base64) {
  if (state_ != State::open || transport_ != Transport::polling || upgrading()) return false;
  candidate_ = Candidate::attached;
  candidate_base64_ = base64;
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
    finish(CloseReason::forced_close, closing_reason_);
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
  release_poll(PacketType::noop);
  if (state_ != State::open) return finish(CloseReason::forced_close, closing_reason_);
  candidate_ = Candidate::none;
  transport_ = Transport::websocket;
  if (is_revision3()) adopt_format_of_candidate();
  // The heartbeat goes on as it was: were it only restarted by a pong, a client that never sends
  // one would live for ever.
  handler_->on_upgrade();
  if (!queue_.empty()) handler_->wake_writer();
}

// Each request of a revision 3 client says whether it takes binary packets.
void SessionMachine::adopt_format_of_candidate() {
  format_ = candidate_base64_ ? WireFormat::revision3_base64 : WireFormat::revision3;
  if (!candidate_base64_) return;  // base64 that is queued is understood all the same
  const auto packets = queue_.packets();
  const std::vector<EncodedPacket> queued(packets.begin(), packets.end());
  queue_.clear();
  for (const EncodedPacket& packet : queued) {
    queue_.push(packet.is_binary() ? revision3::to_base64(packet) : packet);
  }
}

void SessionMachine::drop_candidate() {
  if (!upgrading()) return;
  candidate_ = Candidate::none;
  handler_->close_candidate();
}

// --- Sending and closing -------------------------------------------------------------------------

bool SessionMachine::send(EncodedPacket packet) {
  if (state_ != State::open) return false;
  handler_->on_packet_create(packet);
  if (state_ != State::open) return false;
  if (is_revision3() && packet.is_binary()) {
    packet = revision3::encode_binary(packet, format_ == WireFormat::revision3_base64);
  }
  queue_.push(std::move(packet));
  handler_->wake_writer();
  return true;
}

bool SessionMachine::writable() const noexcept {
  if (state_ != State::open || !queue_.empty()) return false;
  return transport_ == Transport::websocket || poll_held_;
}

void SessionMachine::close(TimePoint now, Errc why) {
  if (state_ != State::open) return;
  state_ = State::closing;
  closing_reason_ = why;
  closing_deadline_ = now + config_->closing_timeout;
  if (std::exchange(post_active_, false)) handler_->abort_post();
  const bool client_is_listening = transport_ == Transport::websocket || poll_held_;
  if (client_is_listening && queue_.empty()) finish(CloseReason::forced_close, closing_reason_);
}

void SessionMachine::close_now() {
  queue_.clear();
  finish(CloseReason::forced_close, Errc::none);
}

void SessionMachine::fail(Errc why) {
  queue_.clear();
  finish(CloseReason::transport_error, why);
}

void SessionMachine::finish(CloseReason reason, Errc detail) {
  if (state_ == State::closed) return;
  // A client that said goodbye itself has only to be released from its poll.
  const bool client_knows = reason == CloseReason::transport_close;
  const auto& farewell = bare_packet(client_knows ? PacketType::noop : PacketType::close);
  // First what memory may not be there for: a session must not be closed without anybody knowing.
  std::string answer = poll_held_ ? payload_of(std::span(&farewell, 1)) : std::string();
  state_ = State::closed;
  queue_.clear();
  drop_candidate();
  if (std::exchange(post_active_, false)) handler_->abort_post();
  if (std::exchange(poll_held_, false)) handler_->answer_poll(std::move(answer));
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
    release_poll(PacketType::noop);
  }
  if (state_ == State::open && now >= heartbeat_deadline_) on_heartbeat_due(now);
  if (state_ == State::closing && now >= closing_deadline_) {
    finish(CloseReason::forced_close, closing_reason_);
  }
}

void SessionMachine::on_heartbeat_due(TimePoint now) {
  if (is_revision3()) {
    finish(CloseReason::ping_timeout, Errc::eio_ping_missing);
    return;
  }
  if (awaiting_pong_ && ++pongs_missed_ >= config_->missed_pongs) {
    finish(CloseReason::ping_timeout, Errc::eio_pong_missing);
    return;
  }
  send_ping(now);
}

void SessionMachine::send_ping(TimePoint now) {
  awaiting_pong_ = true;
  pong_deadline_extended_ = false;
  const bool on_time = now - heartbeat_deadline_ <= kTimerSlack;
  heartbeat_deadline_ = (on_time ? heartbeat_deadline_ : now) + config_->ping_timeout;
  send(bare_packet(PacketType::ping));
}

}  // namespace patchbay::eio
