// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "patchbay/engineio/engine.hpp"
#include "patchbay/engineio/websocket.hpp"
#include "patchbay/namespace.hpp"
#include "patchbay/options.hpp"

namespace patchbay {

using engineio::RawWebSocket;
using engineio::WebSocketClose;
using engineio::WebSocketOptions;

// Something went wrong in, or on the way to, code of the application's.
struct HandlerError {
  SocketPtr socket;              // may be null
  std::string event;             // "connection" for connection handlers, "middleware" ...
  std::string message;           // for people
  std::exception_ptr exception;  // null when it was not an exception
};

// A client broke the Socket.IO protocol and was disconnected for it.
struct ProtocolError {
  std::string session_id;
  std::string remote_address;
  Errc reason;
};

// A Socket.IO server. What concerns clients and rooms without a namespace being named is about the
// main namespace "/". Unless said otherwise, functions may be called from any thread.
//
// With ServerOptions::threads > 1 each client lives on one of several loops. Its handlers run there
// and never two at once; those of different clients, and functions that are asked about clients who
// want to join (middlewares, matchers of namespaces), run at the same time, so what they share
// needs a lock. What one thread emits to one socket or room arrives in that order, on any number of
// loops.
class Server : public Broadcasting<Server> {
 public:
  // Throws std::invalid_argument when an option makes no sense, naming it.
  explicit Server(ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens a port (0: any free one) and returns its number. An empty host means all addresses, IPv4
  // and IPv6. Throws std::system_error, whose text names the address, when that is not possible.
  std::uint16_t listen(std::uint16_t port, const std::string& host = {});
  // Serves until close() has been carried out: on this thread, and on those that options().threads
  // asks for beyond it, which have ended when it returns. With an io_context of the application's
  // in the options, that one is run instead.
  void run();
  // Disconnects everyone ("server shutting down"), stops listening, and lets run() return; `done`
  // is called right before, on the first loop. Not in a signal handler.
  void close(std::function<void()> done = {});

  // The same, gently: stops listening, closes one connection after the other, each after what is
  // queued for it has been sent, and then does as close(). Clients see a lost connection, so they
  // come back by themselves; sockets leave with "server shutting down", and sessions that can be
  // recovered are kept by the adapter. Throws std::invalid_argument when the deadline comes before
  // the end of the spread.
  void drain(const DrainOptions& options = {}, std::function<void()> done = {});

  // The namespace of this name (a leading '/' is added when missing), made when it is new. It lives
  // as long as the server; one that a client's wish made goes with its last client when
  // ServerOptions::cleanup_empty_child_namespaces says so: hold on to its shared_from_this() then.
  Namespace& of(std::string_view name);
  Namespace& of(std::string_view name, ConnectionHandler on_connection);
  // Namespaces whose names the expression is found in, or about which a function
  //   bool (const std::string& name, const Value& auth)              or, to answer later,
  //   void (const std::string& name, const Value& auth, NamespaceReply reply)
  // says yes, come into being when a client wants to join them. Asked in the order they were
  // added. The expression works on names of up to Limits::namespace_bytes that clients choose:
  // beware of patterns whose search can take exponential time.
  ParentNamespace& of(const std::regex& pattern);
  template <typename F>
  requires(std::is_invocable_v<F&, const std::string&, const Value&, NamespaceReply> ||
           std::is_invocable_r_v<bool, F&, const std::string&, const Value&>)
      ParentNamespace& of(F matcher) {
    if constexpr (std::is_invocable_v<F&, const std::string&, const Value&, NamespaceReply>) {
      return add_parent(std::move(matcher));
    } else {
      return add_parent([matcher = std::move(matcher)](const std::string& name, const Value& auth,
                                                       const NamespaceReply& reply) mutable {
        if (matcher(name, auth)) {
          reply.accept();
        } else {
          reply.refuse();
        }
      });
    }
  }
  // Called for every namespace but "/", dynamic ones included, when it comes into being; by the
  // thread that made it. Set before run().
  Server& on_new_namespace(std::function<void(Namespace&)> listener);
  // The main namespace.
  [[nodiscard]] Namespace& sockets() noexcept { return *main_; }

  Server& on_connection(ConnectionHandler handler);
  Server& use(Middleware middleware);
  // See Namespace.
  template <typename F>
  ListenerId on(std::string_view event, F&& handler) {
    return main_->on(event, std::forward<F>(handler));
  }
  void off(std::string_view event) { main_->off(event); }
  template <typename... Ts>
  void server_side_emit(std::string_view event, Ts&&... args) {
    main_->server_side_emit(event, std::forward<Ts>(args)...);
  }
  template <typename... Ts>
  auto server_side_emit_with_ack(std::string_view event, Ts&&... args_and_token) {
    return main_->server_side_emit_with_ack(event, std::forward<Ts>(args_and_token)...);
  }

  // Set before run(). Without one, errors are written to the standard error stream. Called on the
  // loop where the error happened; must not throw.
  void on_error(std::function<void(const HandlerError&)> listener);
  // Set before run(); by default protocol errors only cost the client its connection.
  void on_protocol_error(std::function<void(const ProtocolError&)> listener);

  // HTTP resources beside the Socket.IO path. Set up before run().
  [[nodiscard]] engineio::HttpRouter& http();
  // WebSockets beside the Socket.IO path, without Socket.IO: see patchbay/engineio/websocket.hpp.
  // Set up before run().
  void websocket(std::string path, engineio::WebSocketHandler handler,
                 WebSocketOptions options = {});
  [[nodiscard]] engineio::Engine& engine() noexcept;
  [[nodiscard]] const ServerOptions& options() const noexcept;
  // How often which limit was reached, and which rule was broken; the engine's are among them.
  [[nodiscard]] const engineio::Statistics& statistics() const noexcept;

 private:
  friend class Broadcasting<Server>;
  friend class BroadcastOperator;
  friend class Client;
  friend class LocalSockets;
  friend class Namespace;
  friend class NamespaceShard;
  friend class Socket;
  friend struct EventCall;
  class DynamicJoin;
  struct Impl;

  // What a client that wants to join a namespace gets: null when there is none of that name.
  using FoundNamespace = std::function<void(std::shared_ptr<Namespace>)>;

  [[nodiscard]] BroadcastOperator everyone() { return BroadcastOperator(*main_); }
  void stop_adapters();
  ParentNamespace& add_parent(NamespaceMatcher matcher, std::optional<std::regex> pattern = {});
  // Finds or makes the namespace for a client, which counts as its user until release(). The answer
  // may come later, and on any thread.
  void acquire(const std::string& name, const Value& auth, FoundNamespace found);
  [[nodiscard]] bool may_create_child(const std::string& name) const;
  [[nodiscard]] bool use_namespace(Namespace& nsp);
  void release(Namespace& nsp);
  [[nodiscard]] std::shared_ptr<Namespace> create(const std::string& name, ParentNamespace* parent);
  [[nodiscard]] std::string make_id(std::size_t loop);
  // The calling thread's loop; the first one when it has none.
  [[nodiscard]] engineio::Loop& home_loop() noexcept;
  void report(HandlerError error) const noexcept;
  void report_protocol_error(const engineio::Session& session, Errc reason) const noexcept;
  void disconnect_everyone();

  std::unique_ptr<Impl> impl_;
  Namespace* main_;
};

}  // namespace patchbay
