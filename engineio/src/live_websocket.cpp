// SPDX-License-Identifier: MIT
#include "live_websocket.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "admission.hpp"
#include "engine_core.hpp"
#include "handshaker.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "shard.hpp"
#include "ws_codec.hpp"

namespace patchbay::engineio {

namespace {

constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kNoCode = 1005;
constexpr std::uint16_t kLost = 1006;

// A close frame is a control frame, and two bytes of it are the code.
constexpr std::size_t kMaxReasonBytes = 123;

void check_close(std::uint16_t code, std::string_view reason) {
  if (!ws::is_valid_close_code(code)) {
    throw std::invalid_argument("no close frame may have the code " + std::to_string(code));
  }
  if (reason.size() > kMaxReasonBytes || !is_valid_utf8(reason)) {
    throw std::invalid_argument("the reason of a close frame is UTF-8 of up to 123 bytes");
  }
}

}  // namespace

LiveWebSocket::LiveWebSocket(const EngineCore& core, const WebSocketOptions& options,
                             Exchange& exchange, std::shared_ptr<WsTransport> ws)
    : core_(&core),
      shard_(&exchange.shard()),
      options_(&options),
      request_(exchange.request(), exchange.remote_address(), exchange.secure(),
               exchange.received()),
      ws_(std::move(ws)),
      queue_(&shard_->send_budget()),
      peer_code_(kLost),
      last_read_(shard_->now()) {}

void LiveWebSocket::start(std::string leftover) {
  if (state_ == State::open && options_->ping_interval > Millis(0)) {
    shard_->schedule(*this, last_read_ + options_->ping_interval);
  }
  const auto transport = ws_;
  transport->start(shared_from_this(), std::move(leftover));
}

Loop& LiveWebSocket::loop() noexcept {
  return *shard_;
}

void LiveWebSocket::introduce(const WebSocketHandler& handler) {
  const std::shared_ptr<RawWebSocket> self = shared_from_this();
  call(handler, self);
}

// What the application does must not end the loop.
template <typename F, typename... Args>
void LiveWebSocket::call(const F& callback, const Args&... args) const {
  try {
    callback(args...);
  } catch (...) {
    core_->report_exception(request(), std::current_exception());
  }
}

// --- What comes

void LiveWebSocket::on_text(OnMessage callback) {
  if (state_ != State::closed) on_text_ = std::make_shared<const OnMessage>(std::move(callback));
}

void LiveWebSocket::on_binary(OnMessage callback) {
  if (state_ != State::closed) on_binary_ = std::make_shared<const OnMessage>(std::move(callback));
}

void LiveWebSocket::on_close(OnClose callback) {
  if (state_ != State::closed) on_close_ = std::make_shared<const OnClose>(std::move(callback));
}

void LiveWebSocket::on_ws_text(WsTransport& /*ws*/, std::string_view text) {
  const auto running = on_text_;
  deliver(running.get(), text);
}

void LiveWebSocket::on_ws_binary(WsTransport& /*ws*/, std::string_view data) {
  const auto running = on_binary_;
  deliver(running.get(), data);
}

void LiveWebSocket::deliver(const OnMessage* callback, std::string_view data) {
  if (state_ == State::open && callback && *callback) call(*callback, data);
}

void LiveWebSocket::on_ws_read(WsTransport& /*ws*/) {
  pinged_ = false;
  last_read_ = shard_->now();
  if (flush_pending_) flush();
}

bool LiveWebSocket::reading_paused(const WsTransport& /*ws*/) const {
  return buffered_bytes() > core_->options.read_pause_bytes;
}

// --- What goes

bool LiveWebSocket::send_text(std::string_view text, bool compress) {
  return send(false, text, compress);
}

bool LiveWebSocket::send_binary(std::string_view data, bool compress) {
  return send(true, data, compress);
}

bool LiveWebSocket::send(bool binary, std::string_view data, bool compress) {
  if (state_ != State::open) return false;
  const std::size_t waiting = buffered_bytes();
  const std::size_t most = options_->max_buffered_bytes;
  if (waiting > 0 && (waiting > most || data.size() > most - waiting)) return false;
  queue_.push(eio::EncodedPacket::from_parts(binary, {}, data, compress));
  wake_writer();
  return true;
}

std::size_t LiveWebSocket::buffered_bytes() const noexcept {
  return queue_.bytes() + (ws_ ? ws_->unsent_bytes() : 0);
}

void LiveWebSocket::wake_writer() {
  if (std::exchange(flush_pending_, true)) return;
  shard_->post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->flush_pending_) self->flush();
  });
}

void LiveWebSocket::flush() {
  flush_pending_ = false;
  const auto self = shared_from_this();
  const auto ws = ws_;
  if (!ws) return;
  const bool something = buffered_bytes() > 0;
  const bool drained = ws->flush(queue_);
  if (state_ == State::closed) return;  // the connection was found lost
  if (drained && state_ == State::closing) {
    send_close_frame();
    return;
  }
  if (drained && something) report_drained();
  if (ws->reading_paused()) ws->resume_reading();
}

void LiveWebSocket::on_ws_writable(WsTransport& /*ws*/) {
  flush();
}

void LiveWebSocket::when_drained(std::function<void()> callback) {
  if (state_ != State::open) return;
  when_drained_.push_back(std::move(callback));
  if (buffered_bytes() > 0) return;
  shard_->post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->buffered_bytes() == 0) self->report_drained();
  });
}

void LiveWebSocket::report_drained() {
  for (const auto& callback : std::exchange(when_drained_, {})) call(callback);
}

// --- Time

void LiveWebSocket::on_timer(TimePoint now) {
  const auto self = shared_from_this();
  if (state_ == State::closing) {
    send_close_frame();  // the rest of the queue has had its time
  } else if (state_ == State::open) {
    keep_alive(now);
  }
}

// Mostly something has been read since, and the timer only moves on.
void LiveWebSocket::keep_alive(TimePoint now) {
  const auto ws = ws_;  // which may be found lost
  const TimePoint due =
      last_read_ + options_->ping_interval + (pinged_ ? options_->ping_timeout : Millis(0));
  if (now < due) {
    shard_->schedule(*this, due);
  } else if (!pinged_) {
    pinged_ = true;
    shard_->schedule(*this, now + options_->ping_timeout);
    ws->send_ping({});
  } else {
    finish({.code = kLost, .reason = {}, .error = Errc::eio_pong_missing});
    ws->close(std::nullopt);
  }
}

// --- The end

void LiveWebSocket::close(std::uint16_t code, std::string_view reason) {
  check_close(code, reason);
  if (state_ != State::open) return;
  state_ = State::closing;
  close_code_ = code;
  close_reason_ = reason;
  shard_->schedule(*this, shard_->now() + core_->options.websocket_close_timeout);
  // Not now: whoever calls may be in the middle of something of its own.
  wake_writer();
}

void LiveWebSocket::close_now(std::uint16_t code, std::string_view reason) {
  check_close(code, reason);
  if (state_ == State::closed) return;
  queue_.clear();
  close(code, reason);
  wake_writer();
}

void LiveWebSocket::send_close_frame() {
  const auto ws = ws_;
  ws->close(close_code_, close_reason_);
  finish({.code = close_code_, .reason = close_reason_});
}

// Answers to what came before this leave before it is answered.
void LiveWebSocket::on_ws_ending(WsTransport& /*ws*/, const ws::Event& event) {
  if (event.kind == ws::Event::Kind::close) {
    peer_code_ = event.close_code.value_or(kNoCode);
    peer_reason_ = event.data;
  }
  if (flush_pending_) flush();
}

void LiveWebSocket::on_ws_closed(WsTransport& /*ws*/) {
  finish({.code = peer_code_, .reason = peer_reason_});
}

void LiveWebSocket::on_ws_failed(WsTransport& /*ws*/, Errc why) {
  finish({.code = ws::close_code_for(why), .reason = {}, .error = why});
}

void LiveWebSocket::on_ws_shutdown(WsTransport& /*ws*/) {
  close(kGoingAway, {});
}

void LiveWebSocket::finish(const WebSocketClose& how) {
  if (std::exchange(state_, State::closed) == State::closed) return;
  const auto self = shared_from_this();
  TimerWheel::cancel(*this);
  if (how.error != Errc::none) core_->statistics.add(how.error);
  ws_.reset();
  queue_.clear();
  when_drained_.clear();
  on_text_.reset();
  on_binary_.reset();
  const auto on_close = std::exchange(on_close_, nullptr);
  if (on_close && *on_close) call(*on_close, how);
}

// --- How it begins

namespace {

http::Response refusal(int status, std::string why) {
  return http::make_response(status, "text/plain; charset=UTF-8", std::move(why));
}

// What the application, or its options, say against the request.
std::optional<http::Response> find_objection(const EngineCore& core,
                                             const WebSocketOptions& options,
                                             const Exchange& exchange) {
  if (check_origin(core, exchange)) return refusal(403, "Forbidden\n");
  if (!options.admit) return std::nullopt;
  try {
    return options.admit(exchange.info());
  } catch (...) {
    core.report_exception(exchange.info(), std::current_exception());
    return refusal(500, "Internal server error\n");
  }
}

bool offers(std::string_view list, std::string_view protocol) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view offer = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    offer.remove_prefix(std::min(offer.find_first_not_of(" \t"), offer.size()));
    offer = offer.substr(0, offer.find_last_not_of(" \t") + 1);
    if (offer == protocol) return true;
  }
  return false;
}

// Subprotocols are compared as they are written (RFC 6455 section 4.1).
void choose_protocol(http::Headers& answer, const WebSocketOptions& options,
                     const http::Request& request) {
  constexpr std::string_view kField = "sec-websocket-protocol";
  if (options.protocols.empty()) return;
  const std::string offered = request.headers.joined(kField);
  const auto chosen = std::ranges::find_if(
      options.protocols, [&](const std::string& protocol) { return offers(offered, protocol); });
  if (chosen == options.protocols.end()) {
    answer.remove(kField);
  } else {
    answer.set(kField, *chosen);
  }
}

std::shared_ptr<WsTransport> accept(const EngineCore& core, const WebSocketOptions& options,
                                    Exchange& exchange, std::string& leftover) {
  return accept_websocket(core, exchange, leftover, [&](http::Headers& headers) {
    choose_protocol(headers, options, exchange.request());
  });
}

}  // namespace

bool open_raw_websocket(const EngineCore& core, Exchange& exchange) {
  const auto* const route = core.router.find_websocket(exchange.request().path());
  if (!route) return false;
  if (auto objection = find_objection(core, route->options, exchange)) {
    objection->headers.set("connection", "close");
    exchange.respond(std::move(*objection));
    return true;
  }
  std::string leftover;
  auto transport = accept(core, route->options, exchange, leftover);
  if (!transport) return true;
  const auto websocket =
      std::make_shared<LiveWebSocket>(core, route->options, exchange, std::move(transport));
  websocket->introduce(route->handler);
  websocket->start(std::move(leftover));
  return true;
}

}  // namespace patchbay::engineio
