// SPDX-License-Identifier: MIT
//
// A WebSocket of the application's own: what RawWebSocket promises, on a WsTransport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange.hpp"
#include "kept_request.hpp"
#include "patchbay/engineio/websocket.hpp"
#include "patchbay/protocol/eio/send_queue.hpp"
#include "timer_wheel.hpp"
#include "ws_transport.hpp"

namespace patchbay::engineio {

struct EngineCore;
class Shard;

// Answers a request for a WebSocket when there is one at its path; false when there is none.
bool open_raw_websocket(const EngineCore& core, Exchange& exchange);

class LiveWebSocket final : public RawWebSocket,
                            public std::enable_shared_from_this<LiveWebSocket>,
                            public WsTransport::Listener,
                            private TimerWheel::Node {
 public:
  // `options` outlives it, as does `core`.
  LiveWebSocket(const EngineCore& core, const WebSocketOptions& options, Exchange& exchange,
                std::shared_ptr<WsTransport> ws);

  // Shows it to the application, then begins to serve. `leftover` is what the peer sent behind its
  // handshake.
  void introduce(const WebSocketHandler& handler);
  void start(std::string leftover);

  // RawWebSocket
  [[nodiscard]] const RequestInfo& request() const override { return request_.get(); }
  [[nodiscard]] Loop& loop() noexcept override;
  [[nodiscard]] bool open() const noexcept override { return state_ == State::open; }
  void on_text(OnMessage callback) override;
  void on_binary(OnMessage callback) override;
  void on_close(OnClose callback) override;
  bool send_text(std::string_view text, bool compress) override;
  bool send_binary(std::string_view data, bool compress) override;
  [[nodiscard]] std::size_t buffered_bytes() const noexcept override;
  void when_drained(std::function<void()> callback) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void close_now(std::uint16_t code, std::string_view reason) override;

 private:
  enum class State : std::uint8_t { open, closing, closed };
  // Shared, so that one which is running may be replaced or let go of by what it does.
  template <typename F>
  using Callback = std::shared_ptr<const F>;

  // WsTransport::Listener
  void on_ws_text(WsTransport& ws, std::string_view text) override;
  void on_ws_binary(WsTransport& ws, std::string_view data) override;
  void on_ws_read(WsTransport& ws) override;
  void on_ws_ending(WsTransport& ws, const ws::Event& event) override;
  void on_ws_closed(WsTransport& ws) override;
  void on_ws_failed(WsTransport& ws, Errc why) override;
  void on_ws_writable(WsTransport& ws) override;
  void on_ws_shutdown(WsTransport& ws) override;
  [[nodiscard]] bool reading_paused(const WsTransport& ws) const override;

  // TimerWheel::Node
  void on_timer(TimePoint now) override;

  bool send(bool binary, std::string_view data, bool compress);
  void deliver(const OnMessage* callback, std::string_view data);
  void wake_writer();
  void flush();
  void report_drained();
  void send_close_frame();
  void finish(const WebSocketClose& how);
  void keep_alive(TimePoint now);
  template <typename F, typename... Args>
  void call(const F& callback, const Args&... args) const;

  const EngineCore* core_;
  Shard* shard_;
  const WebSocketOptions* options_;
  KeptRequest request_;
  std::shared_ptr<WsTransport> ws_;
  eio::SendQueue queue_;
  Callback<OnMessage> on_text_;
  Callback<OnMessage> on_binary_;
  Callback<OnClose> on_close_;
  std::vector<std::function<void()>> when_drained_;
  // Our close frame, while it waits for the queue, and the peer's.
  std::string close_reason_;
  std::string peer_reason_;
  std::uint16_t close_code_ = 0;
  std::uint16_t peer_code_;
  State state_ = State::open;
  bool flush_pending_ = false;
  bool pinged_ = false;
  TimePoint last_read_;
};

}  // namespace patchbay::engineio
