// SPDX-License-Identifier: MIT
#include "live_session.hpp"

#include <algorithm>
#include <utility>

#include "engine_core.hpp"
#include "http_compression.hpp"
#include "patchbay/protocol/eio/jsonp.hpp"
#include "patchbay/protocol/eio/revision3.hpp"
#include "polling_answers.hpp"
#include "revision.hpp"
#include "shard.hpp"

namespace patchbay::engineio {

namespace {

// One packet that may be compressed is enough for the body that they share.
bool may_compress(const eio::SendQueue& queue) {
  return std::ranges::any_of(queue.packets(),
                             [](const eio::EncodedPacket& packet) { return packet.compress(); });
}

// What a session may always have in its queue, however little is left of the budget of all.
constexpr std::size_t kSmallQueue = std::size_t{16} * 1024;

// RFC 6455 7.4.1: "violates its policy".
constexpr std::uint16_t kPolicyViolation = 1008;

}  // namespace

LiveSession::LiveSession(const EngineCore& core, Shard& shard, SessionId id,
                         const Exchange& exchange, Transport transport)
    : core_(&core),
      shard_(&shard),
      id_(std::move(id.text)),
      claim_(std::move(id.claim)),
      request_(exchange.request(), exchange.remote_address(), exchange.secure(),
               exchange.received()),
      throttle_(Throttle::make(core.options.limits, shard.now())),
      machine_(*this, core.session_config, transport,
               eio::EncodedPacket::text(
                   eio::PacketType::open,
                   eio::open_packet_data(id_,
                                         transport == Transport::polling &&
                                             core.options.allow_upgrades &&
                                             core.transport_enabled(Transport::websocket),
                                         core.session_config)),
               shard.now(), wire_format_of(exchange.query(), transport), &shard.send_budget()),
      jsonp_(transport == Transport::polling && wants_jsonp(exchange.query())) {
  rearm();
}

LiveSession::~LiveSession() {
  release(poll_);
  release(post_);
  release(delayed_post_);
}

Loop& LiveSession::loop() noexcept {
  return *shard_;
}

bool LiveSession::open() const noexcept {
  return machine_.state() == eio::SessionMachine::State::open;
}

bool LiveSession::send(eio::EncodedPacket packet) {
  const std::size_t waiting = machine_.queue().bytes();
  if (waiting >= kSmallQueue && !has_room()) return false;
  return machine_.send(std::move(packet));
}

void LiveSession::when_drained(std::function<void()> callback) {
  if (!open()) return;
  when_drained_.push_back(std::move(callback));
  if (buffered_bytes() > 0) return;
  shard_->post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->buffered_bytes() == 0) self->report_drained();
  });
}

bool LiveSession::writable() const noexcept {
  return machine_.writable() && (!ws_ || ws_->unsent_bytes() == 0);
}

std::size_t LiveSession::buffered_bytes() const noexcept {
  return machine_.queue().bytes() + (ws_ ? ws_->unsent_bytes() : 0);
}

void LiveSession::close() {
  close_because(Errc::none);
}

void LiveSession::close_because(Errc why) {
  const auto self = shared_from_this();
  machine_.close(shard_->now(), why);
  rearm();
}

void LiveSession::close_now() {
  const auto self = shared_from_this();
  machine_.close_now();
}

// --- Polling

void LiveSession::handle_poll(const std::shared_ptr<Exchange>& exchange) {
  using Verdict = eio::SessionMachine::PollVerdict;
  const auto self = shared_from_this();
  const bool compress = may_compress(machine_.queue());
  std::string body;
  switch (machine_.on_poll(body)) {
    case Verdict::answer:
      respond_to_poll(*exchange, std::move(body), compress);
      report_drained();
      break;
    case Verdict::hold:
      poll_ = exchange;
      poll_->set_listener(this);
      break;
    case Verdict::refuse:
      exchange->respond(bare_response(400));
      break;
  }
}

void LiveSession::handle_post_head(const std::shared_ptr<Exchange>& exchange) {
  const auto self = shared_from_this();
  if (!machine_.on_post_begin()) {
    exchange->respond(bare_response(400));
    return;
  }
  // Clients wait for the answer to one POST before they send another.
  if (throttle_ && throttle_->paused()) {
    fail(Errc::eio_message_rate);
    exchange->respond(bare_response(429));
    return;
  }
  if (has_binary_body(*exchange) && (machine_.revision() != 3 || jsonp_)) {
    machine_.on_post_failed(Errc::eio_invalid_content_type);
    exchange->respond(bare_response(400));
    return;
  }
  post_ = exchange;
  post_->set_listener(this);
}

void LiveSession::handle_post(const std::shared_ptr<Exchange>& exchange) {
  const auto self = shared_from_this();
  release(post_);
  const std::string& body = exchange->request().body;
  const bool valid = jsonp_ ? machine_.on_post_end(eio::jsonp::decode(body), shard_->now())
                            : machine_.on_post_end(body, shard_->now(), has_binary_body(*exchange));
  if (valid && throttle_ && throttle_->paused() && open()) {
    delayed_post_ = exchange;
    delayed_post_->set_listener(this);
  } else {
    answer_post(*exchange, valid);
  }
  rearm();
}

void LiveSession::answer_post(Exchange& exchange, bool valid) {
  if (failure_ == Errc::eio_message_rate || failure_ == Errc::eio_byte_rate) {
    exchange.respond(bare_response(429));
  } else if (valid) {
    respond_ok(exchange, polling_response(exchange, "text/html", "ok"));
  } else {
    exchange.respond(bare_response(400));
  }
}

void LiveSession::handle_post_too_large(const std::shared_ptr<Exchange>& exchange) {
  const auto self = shared_from_this();
  // With another POST under way, that one is what fails.
  if (post_ == exchange || machine_.on_post_begin()) {
    release(post_);
    machine_.on_post_failed(Errc::eio_payload_too_large);
  }
}

void LiveSession::answer_poll(std::string body) {
  const auto exchange = poll_;
  release(poll_);
  if (exchange) respond_to_poll(*exchange, std::move(body), compress_poll_);
}

void LiveSession::respond_to_poll(Exchange& exchange, std::string body, bool compress) {
  auto response = payload_response(exchange, std::move(body));
  const auto& compression = core_->options.http_compression;
  if (compress && compression) {
    compress_response(response, exchange.request().headers, *compression);
  }
  respond_ok(exchange, std::move(response));
}

http::Response LiveSession::payload_response(const Exchange& exchange, std::string body) const {
  if (jsonp_) {
    return polling_response(exchange, kTextPayload,
                            eio::jsonp::encode(jsonp_index(request().query), body));
  }
  const bool binary = eio::revision3::is_binary_payload(body);
  return polling_response(exchange, binary ? kBinaryPayload : kTextPayload, std::move(body));
}

void LiveSession::abort_post() {
  const auto exchange = post_;
  release(post_);
  if (exchange) exchange->abort();
}

void LiveSession::on_exchange_aborted(Exchange& exchange) {
  const auto self = shared_from_this();
  if (&exchange == poll_.get()) {
    release(poll_);
    machine_.on_poll_aborted();
  } else if (&exchange == post_.get()) {
    release(post_);
    machine_.on_post_failed(Errc::eio_post_aborted);
  } else if (&exchange == delayed_post_.get()) {
    release(delayed_post_);
  }
}

void LiveSession::respond_ok(Exchange& exchange, http::Response response) {
  core_->adapt_headers(response.headers, exchange, !std::exchange(greeted_, true));
  exchange.respond(std::move(response));
}

void LiveSession::release(std::shared_ptr<Exchange>& exchange) {
  if (exchange) exchange->set_listener(nullptr);
  exchange.reset();
}

// --- WebSocket

void LiveSession::attach(std::shared_ptr<WsTransport> ws, std::string leftover) {
  if (machine_.state() == eio::SessionMachine::State::closed) {
    ws->start(nullptr, {});
    ws->close(std::nullopt);
    return;
  }
  ws_ = std::move(ws);
  wake_writer();
  // A copy: what is left over may be the end of this transport.
  const auto transport = ws_;
  transport->start(shared_from_this(), std::move(leftover));
}

void LiveSession::attach_candidate(const std::shared_ptr<WsTransport>& ws, std::string leftover,
                                   bool base64) {
  if (!machine_.on_candidate(shard_->now(), base64)) {
    ws->start(nullptr, {});
    ws->close(std::nullopt);
    return;
  }
  candidate_ = ws;
  rearm();
  ws->start(shared_from_this(), std::move(leftover));
}

void LiveSession::on_ws_text(WsTransport& ws, std::string_view text) {
  if (&ws == ws_.get()) {
    machine_.on_websocket_text(text, shard_->now());
  } else if (&ws == candidate_.get()) {
    machine_.on_candidate_text(text, shard_->now());
  }
  rearm();
}

void LiveSession::on_ws_binary(WsTransport& ws, std::string_view data) {
  if (&ws == ws_.get()) {
    machine_.on_websocket_binary(data, shard_->now());
  } else if (&ws == candidate_.get()) {
    machine_.on_candidate_binary();
  }
  rearm();
}

void LiveSession::on_ws_read(WsTransport& /*ws*/) {
  if (flush_pending_) shard_->flush_if_alone(*this);
}

void LiveSession::on_ws_closed(WsTransport& ws) {
  if (&ws == ws_.get()) {
    machine_.on_websocket_closed();
  } else if (&ws == candidate_.get()) {
    candidate_.reset();
    machine_.on_candidate_closed();
  }
}

void LiveSession::on_ws_failed(WsTransport& ws, Errc why) {
  if (&ws == ws_.get()) {
    machine_.on_websocket_failed(why);
  } else {
    on_ws_closed(ws);
  }
}

void LiveSession::on_ws_writable(WsTransport& ws) {
  if (&ws == ws_.get()) flush();
}

bool LiveSession::reading_paused(const WsTransport& ws) const {
  if (&ws != ws_.get()) return false;
  return buffered_bytes() > core_->options.read_pause_bytes || (throttle_ && throttle_->paused());
}

void LiveSession::answer_probe() {
  candidate_->send_text("3probe");
  if (const auto handler = handler_) handler->on_upgrading();
}

void LiveSession::on_upgrade() {
  ws_ = std::exchange(candidate_, nullptr);
  if (handler_) handler_->on_upgrade();
}

void LiveSession::close_candidate() {
  if (const auto candidate = std::exchange(candidate_, nullptr)) candidate->close(std::nullopt);
}

void LiveSession::close_websocket() {
  const auto ws = std::exchange(ws_, nullptr);
  if (!ws) return;
  if (failure_ == Errc::none) {
    ws->close(std::nullopt);
  } else if (ws->blocked()) {
    ws->drop();  // a close frame would wait behind what the client does not read
  } else {
    ws->close(kPolicyViolation);
  }
}

// --- Limits

// A packet more, though many bytes wait already. What is too much ends the session; not here, for
// whoever sends may be on the way through a list of sessions.
bool LiveSession::has_room() {
  if (failure_ != Errc::none) return false;
  const std::size_t limit = core_->options.limits.send_queue_bytes;
  // What waits may leave at the end of this turn, unless it is known not to.
  const bool stuck =
      machine_.transport() == Transport::polling ? !machine_.poll_held() : ws_ && ws_->blocked();
  const Errc excess = judge_queue(stuck ? limit : limit * kTurnBurst);
  if (excess == Errc::none) return true;
  failure_ = excess;
  wake_writer();
  return false;
}

Errc LiveSession::judge_queue(std::size_t limit) const {
  const std::size_t waiting = machine_.queue().bytes();
  if (waiting > limit) return Errc::eio_slow_reader;
  if (shard_->send_budget().bytes() <= core_->send_budget) return Errc::none;
  const std::size_t sessions = std::max<std::size_t>(1, shard_->session_count());
  const std::size_t share = std::max(kSmallQueue, core_->send_budget / sessions);
  return waiting > share ? Errc::eio_send_budget : Errc::none;
}

void LiveSession::fail(Errc why) {
  const auto self = shared_from_this();
  failure_ = why;
  // What it has been answered so far, if that can be.
  if (ws_ && !ws_->blocked()) ws_->flush(machine_.queue());
  machine_.fail(why);
}

// A message of the client's: false when it is one too many.
bool LiveSession::admit(std::size_t bytes) {
  const Errc excess = throttle_->paused() ? Errc::none : throttle_->take(bytes, shard_->now());
  if (excess == Errc::none && !throttle_->paused()) return true;
  if (core_->options.rate_action == RateAction::disconnect) {
    fail(excess);
    return false;
  }
  if (excess != Errc::none) core_->statistics.add(excess);
  throttle_->spend(bytes, *shard_, [this] { after_pause(); });
  return true;
}

void LiveSession::after_pause() {
  const auto self = shared_from_this();
  if (const auto exchange = delayed_post_) {
    release(delayed_post_);
    answer_post(*exchange, true);
  }
  if (ws_ && ws_->reading_paused()) ws_->resume_reading();
}

// --- Messages, sending and time

void LiveSession::on_message(bool binary, std::string_view data) {
  if (throttle_ && !admit(data.size())) return;
  if (handler_) handler_->on_message(binary, data);
}

void LiveSession::on_packet(const eio::PacketView& packet) {
  if (!observer_) return;
  const auto keep = handler_;  // the observer may close the session
  observer_->on_packet(packet);
  const auto heartbeat = revision() == 4 ? eio::PacketType::pong : eio::PacketType::ping;
  if (observer_ && packet.type == heartbeat) observer_->on_heartbeat();
}

void LiveSession::on_packet_create(const eio::EncodedPacket& packet) {
  if (!observer_) return;
  const auto keep = handler_;
  observer_->on_packet_create(packet);
}

void LiveSession::report_drained() {
  if (when_drained_.empty() && !observer_) return;
  const auto self = shared_from_this();
  for (const auto& callback : std::exchange(when_drained_, {})) callback();
  const auto keep = handler_;
  if (observer_) observer_->on_drain();
}

void LiveSession::wake_writer() {
  if (std::exchange(flush_pending_, true)) return;
  shard_->flush_later(shared_from_this());
}

void LiveSession::flush() {
  flush_pending_ = false;
  if (failure_ != Errc::none) return fail(failure_);
  if (machine_.transport() == Transport::polling) {
    const bool something = buffered_bytes() > 0;
    compress_poll_ = may_compress(machine_.queue());
    machine_.flush_poll();
    compress_poll_ = false;
    if (something && buffered_bytes() == 0) report_drained();
    return;
  }
  const auto ws = ws_;
  if (!ws) return;
  const bool something = buffered_bytes() > 0;
  if (ws->flush(machine_.queue())) {
    machine_.on_drained();
    if (something) report_drained();
  } else if (const Errc excess = judge_queue(core_->options.limits.send_queue_bytes);
             excess != Errc::none) {
    return fail(excess);
  }
  if (ws->reading_paused()) ws->resume_reading();
}

void LiveSession::on_close(eio::CloseReason reason, Errc detail) {
  const auto self = shared_from_this();
  TimerWheel::cancel(*this);
  if (detail != Errc::none) core_->statistics.add(detail);
  when_drained_.clear();
  shard_->remove_session(*this);
  claim_.reset();
  place_.reset();
  if (const auto exchange = delayed_post_) {
    release(delayed_post_);
    answer_post(*exchange, true);
  }
  observer_ = nullptr;
  if (const auto handler = std::exchange(handler_, nullptr)) handler->on_close(reason, detail);
}

void LiveSession::on_timer(TimePoint now) {
  const auto self = shared_from_this();
  machine_.on_time(now);
  rearm();
}

bool LiveSession::catch_up() {
  on_timer(shard_->now());
  return machine_.state() != eio::SessionMachine::State::closed;
}

// Deadlines mostly move away, with each pong. Then the node stays where it is and finds, when
// woken, that there is still time: cheaper than moving it each time.
void LiveSession::rearm() {
  const auto deadline = machine_.deadline();
  if (!deadline) return;
  if (!scheduled() || *deadline < TimerWheel::Node::deadline()) shard_->schedule(*this, *deadline);
}

}  // namespace patchbay::engineio
