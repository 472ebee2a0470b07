// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patchbay/adapter.hpp"
#include "patchbay/broadcast.hpp"
#include "patchbay/middleware.hpp"
#include "patchbay/remote_socket.hpp"
#include "patchbay/socket.hpp"

namespace patchbay {

class NamespaceShard;
class Server;
class UserCounter;

// One namespace of a Server, which owns it. Any thread, unless marked [loop].
class Namespace : public Broadcasting<Namespace>, public std::enable_shared_from_this<Namespace> {
 public:
  // Made by Server::of(). `adapter` makes the adapter of this namespace.
  Namespace(Server& server, std::string name, const AdapterFactory& adapter);
  virtual ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] Server& server() const noexcept { return *server_; }
  // Connected sockets of this process.
  [[nodiscard]] std::size_t socket_count() const noexcept;
  // [loop] Those that live on this loop. With one thread these are all.
  [[nodiscard]] std::vector<SocketPtr> sockets() const;
  // [loop] The one with this id, if it lives on this loop; else null.
  [[nodiscard]] SocketPtr find_socket(std::string_view id) const;

  // Called for each client once it has joined. Handlers of the socket are best added here.
  Namespace& on_connection(ConnectionHandler handler);
  // Asked about each client that wants to join, in the order they were added. The socket is not
  // connected yet; what is emitted to it arrives before the client learns that it is, or right
  // behind that with connection state recovery.
  Namespace& use(Middleware middleware);
  // The same, but asked about clients that come back, too, whatever RecoveryOptions say.
  Namespace& use_always(Middleware middleware);

  // Adds a handler for events that other servers of the cluster send by server_side_emit(). It runs
  // on the first loop.
  template <typename F>
  ListenerId on(std::string_view event, F&& handler) {
    return add_server_side_listener(event, detail::make_event_handler(std::forward<F>(handler)));
  }
  void off(std::string_view event);
  // To the other servers' handlers; never to this one's. Throws std::invalid_argument for
  // "connect", "connection" and "new_namespace".
  template <typename... Ts>
  void server_side_emit(std::string_view event, Ts&&... args) {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    server_side_emit_values(event, values);
  }
  void server_side_emit_values(std::string_view event, std::span<const Value> args);
  // The same. The last argument is a function (std::error_code, std::vector<Value>), which gets one
  // value from each other server, or a completion token; with an error come those that answered.
  template <typename... Ts>
  auto server_side_emit_with_ack(std::string_view event, Ts&&... args_and_token) {
    static_assert(sizeof...(Ts) > 0, "a function or a completion token has to come last");
    auto all = std::forward_as_tuple(std::forward<Ts>(args_and_token)...);
    auto start = [self = shared_from_this(), name = std::string(event),
                  values =
                      detail::leading_values(all, std::make_index_sequence<sizeof...(Ts) - 1>())](
                     detail::Completion<std::vector<Value>> done) {
      self->server_side_emit_values_with_ack(name, values, std::move(done));
    };
    return detail::complete_by<std::vector<Value>>(detail::last_of(all), std::move(start));
  }
  void server_side_emit_values_with_ack(std::string_view event, std::span<const Value> args,
                                        detail::Completion<std::vector<Value>> done);

  // Called when a room of this process gets its first socket or loses its last, and when a socket
  // joins or leaves one; on the loop of that socket. What happens to one room on several loops may
  // be told at the same time. Added before clients connect, to those there are.
  Namespace& on_room_event(std::function<void(const RoomEvent&)> listener);

  [[nodiscard]] Adapter& adapter() noexcept { return *adapter_; }
  [[nodiscard]] LocalSockets& local_sockets() noexcept { return local_; }

 private:
  friend class Broadcasting<Namespace>;
  friend class BroadcastOperator;
  friend class Client;
  friend class LocalSockets;
  friend class NamespaceShard;
  friend class ParentNamespace;
  friend class Server;
  friend class Socket;

  struct JoinStep {
    Middleware middleware;
    bool always;  // also for clients that come back
  };
  using Middlewares = std::vector<JoinStep>;
  using ConnectionHandlers = std::vector<ConnectionHandler>;

  [[nodiscard]] BroadcastOperator everyone() { return BroadcastOperator(*this); }
  [[nodiscard]] NamespaceShard& shard(std::size_t index) const noexcept {
    return local_.shard(index);
  }
  [[nodiscard]] std::shared_ptr<const Middlewares> middlewares() const;
  [[nodiscard]] std::shared_ptr<const ConnectionHandlers> connection_handlers() const;
  ListenerId add_server_side_listener(std::string_view event, EventHandler handler);
  void on_server_side_event(std::string_view event, Array args, const Ack& ack);
  void on_room_change(const RoomEvent& event);
  [[nodiscard]] bool tell_adapter(const RoomEvent& event);
  [[nodiscard]] bool concerns_all_loops(const RoomEvent& event);
  // Ids of acknowledgements are counted per namespace, so that a broadcast can use one for all.
  [[nodiscard]] std::uint64_t next_ack_id() noexcept { return next_ack_id_++; }

  // Clients that have joined or are joining. What goes to zero may be removed; see Server.
  std::atomic<std::size_t> users_{0};
  Server* server_;
  std::string name_;
  bool is_child_ = false;  // of a ParentNamespace
  LocalSockets local_;
  std::unique_ptr<Adapter> adapter_;
  std::atomic<std::uint64_t> next_ack_id_{0};
  std::shared_ptr<UserCounter> user_counter_;
  // Sockets that want to hear of what is sent to them: while there are none, a broadcast needs to
  // be kept in its encoded form only.
  std::atomic<std::size_t> outgoing_listeners_{0};
  std::vector<std::function<void(const RoomEvent&)>> room_listeners_;
  mutable std::mutex mutex_;  // guards what follows; the lists pointed to never change
  std::shared_ptr<const Middlewares> middlewares_;
  std::shared_ptr<const ConnectionHandlers> connection_handlers_;
  EventListeners server_side_listeners_;
  // With several loops: on how many of them a room has members.
  std::recursive_mutex rooms_mutex_;  // guards the following
  std::unordered_map<std::string, std::size_t> room_loops_;
};

// Decides whether a client may join a namespace that does not exist yet. May be copied, kept, and
// used later from any thread; the first call counts. Destroyed unused it refuses.
class NamespaceReply {
 public:
  struct Pending {
    virtual ~Pending() = default;
    virtual void decide(bool accepted) = 0;
  };
  explicit NamespaceReply(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
  void accept() const { pending_->decide(true); }
  void refuse() const { pending_->decide(false); }

 private:
  std::shared_ptr<Pending> pending_;
};

using NamespaceMatcher =
    std::function<void(const std::string& name, const Value& auth, NamespaceReply reply)>;

// Namespaces that come into being when a client asks for them. Its middlewares and handlers are
// copied into each child when that is made; what is emitted here goes to the clients of all
// children. Has no sockets itself.
class ParentNamespace final : public Namespace {
 public:
  // Made by Server::of().
  ParentNamespace(Server& server, std::string name, NamespaceMatcher matcher);

  [[nodiscard]] std::vector<std::shared_ptr<Namespace>> children() const;

 private:
  friend class Server;
  class BroadcastAdapter;

  void adopt(const std::shared_ptr<Namespace>& child);

  NamespaceMatcher matcher_;
  mutable std::mutex children_mutex_;
  std::vector<std::weak_ptr<Namespace>> children_;
};

}  // namespace patchbay
