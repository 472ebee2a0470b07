// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "patchbay/engineio/engine.hpp"
#include "patchbay/namespace.hpp"
#include "patchbay/options.hpp"

namespace patchbay {

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
class Server {
 public:
  // Throws std::invalid_argument when an option makes no sense, naming it.
  explicit Server(ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens a port (0: any free one) and returns its number. An empty host means all addresses, IPv4
  // and IPv6. Throws std::system_error, whose text names the address, when that is not possible.
  std::uint16_t listen(std::uint16_t port, const std::string& host = {});
  // Serves until close() has been carried out.
  void run();
  // Disconnects everyone ("server shutting down"), stops listening, and lets run() return. Not in a
  // signal handler.
  void close();

  // The namespace of this name (a leading '/' is added when missing), made when it is new. It lives
  // as long as the server.
  Namespace& of(std::string_view name);
  [[nodiscard]] Namespace& sockets() noexcept { return *main_; }

  Server& on_connection(ConnectionHandler handler);
  Server& use(Middleware middleware);
  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) {
    main_->emit(event, std::forward<Ts>(args)...);
  }
  [[nodiscard]] BroadcastOperator to(std::string_view room) { return main_->to(room); }
  [[nodiscard]] BroadcastOperator to(std::span<const std::string> rooms) {
    return main_->to(rooms);
  }
  [[nodiscard]] BroadcastOperator in(std::string_view room) { return main_->in(room); }
  [[nodiscard]] BroadcastOperator except(std::string_view room) { return main_->except(room); }

  // Set before run(). Without one, errors are written to the standard error stream. Called on the
  // loop where the error happened; must not throw.
  void on_error(std::function<void(const HandlerError&)> listener);
  // Set before run(); by default protocol errors only cost the client its connection.
  void on_protocol_error(std::function<void(const ProtocolError&)> listener);

  // HTTP resources beside the Socket.IO path. Set up before run().
  [[nodiscard]] engineio::HttpRouter& http();
  [[nodiscard]] engineio::Engine& engine() noexcept;
  [[nodiscard]] const ServerOptions& options() const noexcept;

 private:
  friend class Client;
  friend class Namespace;
  friend class Socket;
  friend struct EventCall;
  struct Impl;

  [[nodiscard]] Namespace* find(std::string_view name) const;
  [[nodiscard]] std::string make_id(std::size_t loop);
  void report(HandlerError error) const noexcept;
  void report_protocol_error(const engineio::Session& session, Errc reason) const noexcept;
  void disconnect_everyone();

  std::unique_ptr<Impl> impl_;
  Namespace* main_;
};

}  // namespace patchbay
