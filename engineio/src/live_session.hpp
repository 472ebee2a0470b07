// SPDX-License-Identifier: MIT
//
// A session with its connections: drives eio::SessionMachine with what they bring, and carries out
// what it decides.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "address_counter.hpp"
#include "exchange.hpp"
#include "kept_request.hpp"
#include "patchbay/engineio/session.hpp"
#include "patchbay/protocol/eio/session_machine.hpp"
#include "prefetch.hpp"
#include "shard_directory.hpp"
#include "throttle.hpp"
#include "timer_wheel.hpp"
#include "ws_transport.hpp"

namespace patchbay::engineio {

struct EngineCore;
class Shard;

// With a claim when the application has made it.
struct SessionId {
  std::string text;
  std::unique_ptr<ShardDirectory::Claim> claim;
  std::unique_ptr<AddressCounter::Claim> place = nullptr;  // among those of one address
};

class LiveSession final : public Session,
                          public std::enable_shared_from_this<LiveSession>,
                          private eio::SessionMachine::Handler,
                          private Exchange::Listener,
                          public WsTransport::Listener,
                          private TimerWheel::Node {
 public:
  LiveSession(const EngineCore& core, Shard& shard, SessionId id, const Exchange& exchange,
              Transport transport);
  ~LiveSession() override;

  void set_handler(std::shared_ptr<SessionHandler> handler) {
    handler_ = std::move(handler);
    observer_ = handler_->observer();
  }

  // Keeps its client's place among those of one address.
  void hold(std::unique_ptr<AddressCounter::Claim> place) { place_ = std::move(place); }
  // Closes after what is queued has been sent; `why` is the detail of SessionHandler::on_close().
  void close_because(Errc why);

  // Session
  [[nodiscard]] const std::string& id() const noexcept override { return id_; }
  [[nodiscard]] const RequestInfo& request() const override { return request_.get(); }
  [[nodiscard]] Loop& loop() noexcept override;
  [[nodiscard]] int revision() const noexcept override { return machine_.revision(); }
  [[nodiscard]] Transport transport() const noexcept override { return machine_.transport(); }
  [[nodiscard]] bool open() const noexcept override;
  bool send(eio::EncodedPacket packet) override;
  void when_drained(std::function<void()> callback) override;
  [[nodiscard]] bool writable() const noexcept override;
  [[nodiscard]] std::size_t buffered_bytes() const noexcept override;
  void close() override;
  void close_now() override;

  // Does what has been due by now. Before a request is looked at: timers may be a little late, and
  // a session whose time is up must not be found alive. False when the session has closed.
  bool catch_up();

  // Requests with this session's id: a GET; the head of a POST, and then, if awaits_body_of(), the
  // whole of it.
  void handle_poll(const std::shared_ptr<Exchange>& exchange);
  void handle_post_head(const std::shared_ptr<Exchange>& exchange);
  [[nodiscard]] bool awaits_body_of(const Exchange& exchange) const noexcept {
    return post_.get() == &exchange;
  }
  void handle_post(const std::shared_ptr<Exchange>& exchange);
  void handle_post_too_large(const std::shared_ptr<Exchange>& exchange);

  // The WebSocket that opened this session.
  void attach(std::shared_ptr<WsTransport> ws, std::string leftover);
  // A WebSocket with this session's id; it is closed when the session cannot be upgraded.
  // `base64`: that WebSocket takes binary packets as base64 only.
  void attach_candidate(const std::shared_ptr<WsTransport>& ws, std::string leftover, bool base64);

  // Writes what is queued.
  void flush();
  // Brings what flush() looks at into the cache, while others are being flushed; in two steps,
  // since the second follows a pointer of the first.
  void prefetch() const noexcept { engineio::prefetch(*this); }
  void prefetch_transport() const noexcept {
    if (ws_) ws_->prefetch();
  }

 private:
  // eio::SessionMachine::Handler
  void on_message(bool binary, std::string_view data) override;
  void on_packet(const eio::PacketView& packet) override;
  void on_packet_create(const eio::EncodedPacket& packet) override;
  void on_upgrade() override;
  void on_close(eio::CloseReason reason, Errc detail) override;
  void wake_writer() override;
  void answer_poll(std::string body) override;
  void abort_post() override;
  void answer_probe() override;
  void close_candidate() override;
  void close_websocket() override;

  // Exchange::Listener
  void on_exchange_aborted(Exchange& exchange) override;

  // WsTransport::Listener
  void on_ws_text(WsTransport& ws, std::string_view text) override;
  void on_ws_binary(WsTransport& ws, std::string_view data) override;
  void on_ws_read(WsTransport& ws) override;
  void on_ws_closed(WsTransport& ws) override;
  void on_ws_failed(WsTransport& ws, Errc why) override;
  void on_ws_writable(WsTransport& ws) override;
  [[nodiscard]] bool reading_paused(const WsTransport& ws) const override;

  // TimerWheel::Node
  void on_timer(TimePoint now) override;

  // Limits
  [[nodiscard]] bool has_room();
  [[nodiscard]] Errc judge_queue(std::size_t limit) const;
  void fail(Errc why);
  [[nodiscard]] bool admit(std::size_t bytes);
  void after_pause();
  void answer_post(Exchange& exchange, bool valid);

  // Status 200: what polls and POSTs that went well are answered.
  void respond_ok(Exchange& exchange, http::Response response);
  void report_drained();
  void rearm();
  void respond_to_poll(Exchange& exchange, std::string body, bool compress);
  void release(std::shared_ptr<Exchange>& exchange);
  [[nodiscard]] http::Response payload_response(const Exchange& exchange, std::string body) const;

  const EngineCore* core_;
  Shard* shard_;
  std::string id_;
  std::unique_ptr<ShardDirectory::Claim> claim_;
  KeptRequest request_;
  std::shared_ptr<SessionHandler> handler_;
  SessionObserver* observer_ = nullptr;  // goes with the handler; mostly there is none
  std::shared_ptr<Exchange> poll_;
  std::shared_ptr<Exchange> post_;
  std::shared_ptr<WsTransport> ws_;
  std::shared_ptr<WsTransport> candidate_;
  std::unique_ptr<Throttle> throttle_;            // null: nothing is limited
  std::shared_ptr<Exchange> delayed_post_;        // waits for the end of a pause
  std::unique_ptr<AddressCounter::Claim> place_;  // null: not counted here
  eio::SessionMachine machine_;
  const bool jsonp_;
  std::vector<std::function<void()>> when_drained_;
  Errc failure_ = Errc::none;  // the limit that it has exceeded; it ends before long
  bool flush_pending_ = false;
  bool compress_poll_ = false;  // the answer to the held poll may be compressed
  bool greeted_ = false;        // a poll has been answered
};

}  // namespace patchbay::engineio
