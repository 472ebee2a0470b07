// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/broadcast.hpp"
#include "patchbay/socket.hpp"

namespace patchbay {

class NamespaceShard;
class Server;

// Why a middleware turns a client away: what the client's "connect_error" gets.
struct ConnectError {
  std::string message;
  Value data = {};  // null: absent
};

// How a middleware passes a client on, or turns it away. Copies belong to the same step, of which
// the first call counts. Any thread, now or later. When every copy is destroyed unused, the client
// is turned away.
// Must not be kept longer than the Server lives.
class Next {
 public:
  struct Step {
    virtual ~Step() = default;
    virtual void proceed() = 0;
    virtual void reject(ConnectError error) = 0;
  };
  explicit Next(std::shared_ptr<Step> step) : step_(std::move(step)) {}

  void operator()() const { step_->proceed(); }
  void operator()(ConnectError error) const { step_->reject(std::move(error)); }

 private:
  std::shared_ptr<Step> step_;
};

using ConnectionHandler = std::function<void(SocketPtr socket)>;
using Middleware = std::function<void(SocketPtr socket, Next next)>;

// One namespace of a Server, which owns it. Any thread.
class Namespace {
 public:
  Namespace(Server& server, std::string name);
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] Server& server() const noexcept { return *server_; }
  // Connected sockets.
  [[nodiscard]] std::size_t socket_count() const noexcept;

  // Called for each client once it has joined. Handlers of the socket are best added here.
  Namespace& on_connection(ConnectionHandler handler);
  // Asked about each client that wants to join, in the order they were added. The socket is not
  // connected yet; what is emitted to it arrives before the client learns that it is.
  Namespace& use(Middleware middleware);

  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) {
    everyone().emit(event, std::forward<Ts>(args)...);
  }
  [[nodiscard]] BroadcastOperator to(std::string_view room) { return everyone().to(room); }
  [[nodiscard]] BroadcastOperator to(std::span<const std::string> rooms) {
    return everyone().to(rooms);
  }
  [[nodiscard]] BroadcastOperator in(std::string_view room) { return everyone().to(room); }
  [[nodiscard]] BroadcastOperator except(std::string_view room) { return everyone().except(room); }

 private:
  friend class BroadcastOperator;
  friend class Client;
  friend class NamespaceShard;
  friend class Server;
  friend class Socket;

  using Middlewares = std::vector<Middleware>;
  using ConnectionHandlers = std::vector<ConnectionHandler>;

  [[nodiscard]] BroadcastOperator everyone() { return BroadcastOperator(*this); }
  [[nodiscard]] NamespaceShard& shard(std::size_t index) noexcept { return *shards_[index]; }
  [[nodiscard]] std::shared_ptr<const Middlewares> middlewares() const;
  [[nodiscard]] std::shared_ptr<const ConnectionHandlers> connection_handlers() const;
  // Ids of acknowledgements are counted per namespace, so that a broadcast can use one for all.
  [[nodiscard]] std::uint64_t next_ack_id() noexcept { return next_ack_id_++; }

  Server* server_;
  std::string name_;
  std::vector<std::unique_ptr<NamespaceShard>> shards_;
  std::atomic<std::uint64_t> next_ack_id_{0};
  mutable std::mutex mutex_;  // guards which lists the following point to; the lists never change
  std::shared_ptr<const Middlewares> middlewares_;
  std::shared_ptr<const ConnectionHandlers> connection_handlers_;
};

}  // namespace patchbay
