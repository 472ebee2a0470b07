// SPDX-License-Identifier: MIT
//
// The application's own WebSockets on the same port, without Engine.IO or Socket.IO: RFC 6455, and
// permessage-deflate when EngineOptions::per_message_deflate is set.
//
//   io.websocket("/feed", [](const std::shared_ptr<RawWebSocket>& ws) {
//     ws->on_text([ws](std::string_view text) { ws->send_text(text); });
//   });
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/engineio/loop.hpp"
#include "patchbay/engineio/request_info.hpp"
#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/http/response.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay::engineio {

// How a WebSocket ended. The view lives for the call.
struct WebSocketClose {
  // As in a close frame, the peer's or ours; 1005 when the peer's has none, 1006 when the
  // connection was lost without one.
  std::uint16_t code = 1006;
  std::string_view reason = {};
  // What the peer did wrong, when that is why: it has been told by `code` (1002, 1007, 1008, 1009).
  // eio_pong_missing when it gave no sign of life.
  Errc error = Errc::none;
};

// One WebSocket. All calls belong to the thread of loop(), except loop() and request(), which may
// be called anywhere. It lives as long as somebody holds it and at least until its connection ends.
// Callbacks come on the loop, one at a time; they are let go of when the WebSocket ends, and so may
// hold it. An exception out of one goes to Engine::on_exception, and the connection lives.
//
// A message that comes is at most EngineOptions::max_http_buffer_size bytes, unfolded, in at most
// Limits::ws_fragments frames; pings are answered, and close frames. While more than
// EngineOptions::read_pause_bytes wait to be sent, nothing more is read.
class RawWebSocket {
 public:
  using OnMessage = std::function<void(std::string_view data)>;
  using OnClose = std::function<void(const WebSocketClose& close)>;

  virtual ~RawWebSocket() = default;

  // The request that opened it. It is kept packed; the first call unpacks it.
  [[nodiscard]] virtual const RequestInfo& request() const = 0;
  [[nodiscard]] virtual Loop& loop() noexcept = 0;
  // False from close() on.
  [[nodiscard]] virtual bool open() const noexcept = 0;

  // Whole messages; the view lives for the call. Text is UTF-8. Messages for which nothing has been
  // set are dropped. Nothing comes after close().
  virtual void on_text(OnMessage callback) = 0;
  virtual void on_binary(OnMessage callback) = 0;
  // Called once, at the end, and nothing is called after it. After close(), it comes when the close
  // frame has been handed to the connection: the peer's answer is waited for without you.
  virtual void on_close(OnClose callback) = 0;

  // Queues a message, which leaves at the end of the loop's turn. `text` has to be UTF-8, which is
  // not checked. `compress`: permessage-deflate may be used, if the peer agreed to it and the
  // message is of its threshold. False when it was not queued, since the WebSocket is not open, or
  // since more than WebSocketOptions::max_buffered_bytes would wait; one message may always wait.
  virtual bool send_text(std::string_view text, bool compress = true) = 0;
  virtual bool send_binary(std::string_view data, bool compress = true) = 0;
  // Bytes that wait to be sent.
  [[nodiscard]] virtual std::size_t buffered_bytes() const noexcept = 0;
  // Calls back, once, when everything queued so far has been handed to the kernel; in a later turn
  // of the loop when that is the case already. Never when the WebSocket ends before.
  virtual void when_drained(std::function<void()> callback) = 0;

  // Sends a close frame behind what is queued. What has not left within
  // EngineOptions::websocket_close_timeout is dropped. Throws std::invalid_argument when the code
  // may not stand in a close frame (1000 to 1003, 1007 to 1014, 3000 to 4999 may) or the reason is
  // longer than 123 bytes or no UTF-8. On a WebSocket that is not open it does nothing.
  virtual void close(std::uint16_t code = 1000, std::string_view reason = {}) = 0;
  // The same at once: forgets what is queued.
  virtual void close_now(std::uint16_t code = 1000, std::string_view reason = {}) = 0;
};

// Called with each new WebSocket, on its loop, before any of its messages. Set the callbacks there.
using WebSocketHandler = std::function<void(const std::shared_ptr<RawWebSocket>& websocket)>;

struct WebSocketOptions {
  // Looks at the request before the handshake is answered. A response refuses it; the connection
  // closes behind it. EngineOptions::allowed_origins has been asked before.
  std::function<std::optional<http::Response>(const RequestInfo& request)> admit = {};
  // Subprotocols: the first of these that the client offers is agreed on, none when it offers none
  // of them. Empty: what the client offers first, since browsers give up when none is agreed on.
  std::vector<std::string> protocols = {};
  // What may wait to be sent to one client that does not read.
  std::size_t max_buffered_bytes = std::size_t{16} * 1024 * 1024;
  // A client that has sent nothing for so long is sent a ping, and given up when it has sent
  // nothing for `ping_timeout` after that. Zero: no pings, and a client that vanished may stay
  // until something is sent to it.
  Millis ping_interval{25'000};
  Millis ping_timeout{20'000};
};

}  // namespace patchbay::engineio
