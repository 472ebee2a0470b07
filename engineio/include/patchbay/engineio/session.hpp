// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "patchbay/engineio/loop.hpp"
#include "patchbay/engineio/request_info.hpp"
#include "patchbay/protocol/eio/close_reason.hpp"
#include "patchbay/protocol/eio/handshake.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/error.hpp"

namespace patchbay::engineio {

// Who wants to know of all that goes on in a session. All calls come on the session's loop.
class SessionObserver {
 public:
  // The client's part in the heartbeat has come.
  virtual void on_heartbeat() {}
  // Everything that was queued has been handed to the transport.
  virtual void on_drain() {}
  // Each packet of the client's, of whatever type, before it has an effect (and before on_message),
  // and each packet that is about to be queued for the client. May close the session, and must not
  // send.
  virtual void on_packet(const eio::PacketView& /*packet*/) {}
  virtual void on_packet_create(const eio::EncodedPacket& /*packet*/) {}

 protected:
  ~SessionObserver() = default;
};

// What the layer above does with one session. All calls come on the session's loop.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;
  // The view lives for the call.
  virtual void on_message(bool binary, std::string_view data) = 0;
  // A client with a polling session has sent its probe over a WebSocket: it is about to upgrade.
  virtual void on_upgrading() {}
  // The session went from polling to WebSocket.
  virtual void on_upgrade() {}
  // Asked once, when the session has got its handler: who observes it, if anybody does. Lives as
  // long as the handler.
  [[nodiscard]] virtual SessionObserver* observer() noexcept { return nullptr; }
  // The end; nothing is called after it, and the handler is released. `detail` says more, when it
  // is not Errc::none.
  virtual void on_close(eio::CloseReason reason, Errc detail) = 0;
};

// One client's Engine.IO session. All calls belong to the thread of loop(), except loop(), id(),
// revision() and request(), which may be called anywhere. Calls on a closed session do nothing.
class Session {
 public:
  virtual ~Session() = default;

  // 20 characters of the URL-safe base64 alphabet, or what EngineOptions::generate_id made.
  [[nodiscard]] virtual const std::string& id() const noexcept = 0;
  // The request that opened the session. It is kept packed; the first call unpacks it, for as long
  // as the session lives.
  [[nodiscard]] virtual const RequestInfo& request() const = 0;
  [[nodiscard]] virtual Loop& loop() noexcept = 0;

  // Of the Engine.IO protocol: 4, or 3 for clients of the 2.x line.
  [[nodiscard]] virtual int revision() const noexcept = 0;
  [[nodiscard]] virtual eio::Transport transport() const noexcept = 0;
  [[nodiscard]] virtual bool open() const noexcept = 0;

  // Queues a packet. It leaves at the end of the current turn of the loop, together with whatever
  // else was queued by then. False when the session is not open and the packet was dropped.
  virtual bool send(eio::EncodedPacket packet) = 0;
  // Calls back, once, when everything queued so far has been handed to the transport: a poll has
  // been answered with it, or the kernel has taken it. In a later turn of the loop when that is the
  // case already; never when the session closes before.
  virtual void when_drained(std::function<void()> callback) = 0;
  // True when a packet would leave at once; volatile packets are dropped otherwise.
  [[nodiscard]] virtual bool writable() const noexcept = 0;
  // Bytes that wait to be sent.
  [[nodiscard]] virtual std::size_t buffered_bytes() const noexcept = 0;

  // Closes after what is queued has been sent.
  virtual void close() = 0;
  // Closes at once and forgets what is queued.
  virtual void close_now() = 0;
};

}  // namespace patchbay::engineio
