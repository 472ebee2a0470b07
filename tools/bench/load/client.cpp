// SPDX-License-Identifier: MIT
#include "client.hpp"

#include <string>

namespace patchbay::bench {
namespace {

constexpr std::string_view kTarget = "/socket.io/?EIO=4&transport=websocket";

// The key and its answer are the example of RFC 6455, section 1.3.
constexpr std::string_view kUpgradeHead =
    " HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::string_view kSwitching = "HTTP/1.1 101 ";

}  // namespace

void ClientListener::on_joined(Client& client) {
  on_lost(client, "joined twice");
}

void ClientListener::on_binary(Client& client, std::string_view /*bytes*/) {
  on_lost(client, "unexpected binary frame");
}

void Client::join(ClientListener& listener, Transport transport, int receive_buffer) {
  leave();
  listener_ = &listener;
  receive_buffer_ = receive_buffer;
  pings_ = 0;
  probed_ = false;
  was_joined_ = false;
  if (transport == Transport::kUpgrade) {
    state_ = State::kPrelude;
    PollingPrelude::Listener& self = *this;
    prelude_ = std::make_unique<PollingPrelude>(loop(), endpoints(), number_, self);
    return;
  }
  state_ = State::kUpgrading;
  connect(number_, receive_buffer_);
}

void Client::leave() {
  prelude_.reset();
  close();
  state_ = State::kClosed;
}

void Client::on_connected() {
  std::string& to = out();
  to.append("GET ").append(kTarget);
  if (prelude_) to.append("&sid=").append(prelude_->sid());
  to.append(kUpgradeHead);
}

std::size_t Client::on_data(char* data, std::size_t size) {
  std::string_view left(data, size);
  if (state_ == State::kUpgrading) {
    const std::size_t head = take_upgrade_response(left);
    if (head == 0) return 0;
    left.remove_prefix(head);
  }
  Frame frame{};
  while (is_open()) {
    const FrameError error = take_frame(left, frame);
    if (error == FrameError::kIncomplete) break;
    if (error != FrameError::kNone) {
      fail(error == FrameError::kMasked ? "masked frame" : "fragmented or compressed frame");
      break;
    }
    on_frame(frame);
  }
  return size - left.size();
}

std::size_t Client::take_upgrade_response(std::string_view data) {
  const std::size_t end = data.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view head = data.substr(0, end);
  if (!head.starts_with(kSwitching) || head.find(kAccept) == std::string_view::npos) {
    fail("WebSocket upgrade refused");
    return data.size();
  }
  if (prelude_) {
    state_ = State::kProbing;
    send_frame(Opcode::kText, "2probe");
  } else {
    state_ = State::kOpening;
  }
  return end + 4;
}

void Client::on_frame(const Frame& frame) {
  switch (frame.opcode) {
    case Opcode::kText:
      return on_text(frame.payload);
    case Opcode::kBinary:
      return listener_->on_binary(*this, frame.payload);
    case Opcode::kPing:
      return send_frame(Opcode::kPong, frame.payload);
    case Opcode::kPong:
      return;
    case Opcode::kClose:
      break;
  }
  fail(frame.opcode == Opcode::kClose ? "WebSocket closed by the server" : "wrong opcode");
}

void Client::on_text(std::string_view text) {
  if (state_ == State::kJoined && text.starts_with('4')) {
    return listener_->on_packet(*this, text.substr(1));
  }
  if (text == "2") return on_ping();
  switch (state_) {
    case State::kOpening:
      return on_open(text);
    case State::kJoining:
      if (!text.starts_with("40{")) return fail("wrong answer to CONNECT");
      return become_joined();
    case State::kProbing:
      return on_pong(text);
    default:
      return fail("unexpected Engine.IO packet");
  }
}

void Client::on_open(std::string_view handshake) {
  patience_ = kMillisecond * static_cast<Nanoseconds>(handshake_number(handshake, "pingInterval") +
                                                      handshake_number(handshake, "pingTimeout"));
  if (!handshake.starts_with("0{") || patience_ == 0) return fail("wrong Engine.IO handshake");
  state_ = State::kJoining;
  send_frame(Opcode::kText, "40");
}

void Client::on_ping() {
  ++pings_;
  last_ping_ = now();
  send_frame(Opcode::kText, "3");
}

void Client::on_pong(std::string_view text) {
  if (text != "3probe") return fail("wrong answer to the probe");
  probed_ = true;
  if (prelude_->paused()) finish_upgrade();
}

void Client::on_prelude_ready() {
  const std::string_view handshake = prelude_->handshake();
  patience_ = kMillisecond * static_cast<Nanoseconds>(handshake_number(handshake, "pingInterval") +
                                                      handshake_number(handshake, "pingTimeout"));
  state_ = State::kUpgrading;
  connect(number_, receive_buffer_);
}

void Client::on_prelude_paused() {
  if (probed_) finish_upgrade();
}

void Client::on_prelude_failed(const char* reason) {
  close();
  state_ = State::kClosed;
  listener_->on_lost(*this, reason);
}

void Client::finish_upgrade() {
  send_frame(Opcode::kText, "5");
  become_joined();
}

void Client::become_joined() {
  state_ = State::kJoined;
  was_joined_ = true;
  last_ping_ = now();
  listener_->on_joined(*this);
}

void Client::on_lost(const char* reason) {
  state_ = State::kClosed;
  listener_->on_lost(*this, reason);
}

void Client::send(std::string_view packet) {
  send_frame(Opcode::kText, "4" + std::string(packet));
}

void Client::send_frame(Opcode opcode, std::string_view payload) {
  append_frame(out(), opcode, payload);
}

}  // namespace patchbay::bench
