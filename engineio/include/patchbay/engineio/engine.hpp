// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "patchbay/engineio/http_router.hpp"
#include "patchbay/engineio/loop.hpp"
#include "patchbay/engineio/middleware.hpp"
#include "patchbay/engineio/options.hpp"
#include "patchbay/engineio/session.hpp"
#include "patchbay/engineio/statistics.hpp"
#include "patchbay/engineio/websocket.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay::engineio {

// Why a handshake, or a request of a living session, was refused. `context` has the fields that
// Node.js servers give, by code:
//   transport_unknown             transport
//   session_id_unknown            sid
//   bad_handshake_method          method
//   bad_request                   name, and by name:
//     TRANSPORT_MISMATCH          transport, previousTransport
//     PROTOCOL_MISMATCH           protocol, previousProtocol
//     TRANSPORT_HANDSHAKE_ERROR
//     MIDDLEWARE_FAILURE          error
//     ID_GENERATION_ERROR         error
//   forbidden                     message
//   unsupported_protocol_version  protocol
struct ConnectionError {
  eio::HandshakeError code;
  std::string message;  // what the client was told
  Object context;
};

// An Engine.IO server: listeners, the HTTP front and the sessions of one or more shards.
// Unless said otherwise, functions may be called from any thread.
class Engine {
 public:
  // Makes the handler for a new session, on the session's loop. The first packets may be sent to it
  // right away. Returning null closes the session.
  using OnSession = std::function<std::shared_ptr<SessionHandler>(std::shared_ptr<Session>)>;
  // Called on the loop that refused the request; must not throw.
  using OnException = std::function<void(const RequestInfo&, std::exception_ptr)>;
  using OnConnectionError = std::function<void(const RequestInfo&, const ConnectionError&)>;

  // Throws std::invalid_argument when an option makes no sense, naming it, and std::system_error
  // when a file that options.tls names cannot be read.
  explicit Engine(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The following are set before run().
  void on_session(OnSession callback);
  void on_connection_error(OnConnectionError callback);
  // Adds a function that every request below options().path passes before anything else is done
  // about it: handshakes, polls and POSTs of living sessions, upgrades. Only CORS comes earlier, so
  // that the headers of a middleware can replace those of CORS, and preflights are not shown unless
  // CorsOptions::preflight_continue. Requests for resources of http() pass none. They are called
  // in the order in which they were added.
  void use(EngineMiddleware middleware);
  // Once per session: for the answer to its handshake, of whatever transport. Not on upgrades.
  void on_initial_headers(HeadersHook hook);
  // For every 200 answer to a poll or POST, and every 101; after on_initial_headers.
  void on_headers(HeadersHook hook);
  // Told of what functions of the application's threw while they looked at a request: the client is
  // refused, or answered 500, without learning why.
  void on_exception(OnException callback);
  // The application's own HTTP resources on the same ports.
  [[nodiscard]] HttpRouter& http();
  // The application's own WebSockets, without Engine.IO: see websocket.hpp. As http().websocket().
  void websocket(std::string path, WebSocketHandler handler, WebSocketOptions options = {});

  // Opens a port (0: any free one) and returns its number. `host` is an address or a name that has
  // one; "::" takes IPv4 as well. Throws std::system_error, with a text that names the address,
  // when the port is taken or not allowed.
  std::uint16_t listen(std::uint16_t port, const std::string& host);

  // Opens a port in plain text that sends everybody to the same path over https: 308, to the host
  // that was asked for and to `https_port`. For port 80 beside one that speaks TLS.
  std::uint16_t listen_redirect(std::uint16_t port, const std::string& host,
                                std::uint16_t https_port);

  [[nodiscard]] const EngineOptions& options() const noexcept;
  [[nodiscard]] std::size_t loop_count() const noexcept;
  [[nodiscard]] Loop& loop(std::size_t index) noexcept;
  [[nodiscard]] std::size_t session_count() const noexcept;
  // Open connections of whatever kind, those that are being closed included.
  [[nodiscard]] std::size_t connection_count() const noexcept;
  // Bytes that wait to be sent to all of them.
  [[nodiscard]] std::size_t buffered_bytes() const noexcept;
  [[nodiscard]] const Statistics& statistics() const noexcept;
  // Counts what the layer above has refused.
  void count(Errc reason) noexcept;

  // Reads the files again: connections that come from now on get the new certificate, those that
  // exist go on with theirs. Throws as the constructor does, and changes nothing then.
  void reload_tls();
  // The same with other options; std::logic_error when there was no TLS before.
  void reload_tls(const TlsOptions& options);

  // Serves until stop() has been carried out. Returns at once when stop() came first. Throws
  // std::logic_error when options().io_context is set: then that one is to be run.
  void run();
  // Stops accepting, closes every session (held polls and WebSockets are told), gives connections a
  // moment to deliver that, calls `done` on the first loop, and lets run() return. Safe in any
  // thread; not in a signal handler.
  void stop(std::function<void()> done = {});
  // Stops accepting, and closes the sessions one after the other over `spread`, each after what is
  // queued for it has been sent: clients come back elsewhere, or to the next process, and not all
  // at once. Then stop(); also when `deadline` has passed and some are still busy. What has been
  // sent to clients, and what is answered until their turn comes, is not lost. Meanwhile new
  // sessions are refused (503). A stop() may come at any time.
  void drain(Millis spread, Millis deadline, std::function<void()> done = {});
  // Says that no loop runs any more or will: from now on the calling thread counts as every loop's.
  // For the layer above, which has something to end before it destroys the engine.
  void detach() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace patchbay::engineio
