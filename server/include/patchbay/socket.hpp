// SPDX-License-Identifier: MIT
//
// A client in a namespace. The functions have the names and the meaning of the Node.js API, in
// snake_case (https://socket.io/docs/v4/server-socket-instance/).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patchbay/broadcast.hpp"
#include "patchbay/engineio/session.hpp"
#include "patchbay/events.hpp"
#include "patchbay/handshake.hpp"
#include "patchbay/middleware.hpp"
#include "patchbay/protocol/time.hpp"
#include "patchbay/remote_socket.hpp"
#include "patchbay/socket_operator.hpp"

namespace patchbay {

class Client;
class EncodedMessage;
class Namespace;
class NamespaceShard;
class RoomIndex;
struct OutgoingEvent;
struct SavedSession;

// Hears of every event: its name, its arguments, and (of incoming ones) its acknowledgement. The
// views live for the call.
using AnyListener =
    std::function<void(std::string_view event, std::span<const Value> args, const Ack& ack)>;

// Shared between the library and whoever keeps a SocketPtr. Unless said otherwise, functions may be
// called from any thread; those marked [loop] only where the socket's handlers run. A socket must
// not be used any more once its Server is destroyed.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  class Token;  // only the library makes sockets
  Socket(Token, std::shared_ptr<Client> client, NamespaceShard& shard, std::size_t slot,
         std::string id, Handshake handshake);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const Handshake& handshake() const noexcept { return handshake_; }
  // The HTTP request that opened the session.
  [[nodiscard]] const engineio::RequestInfo& request() const { return handshake_.request(); }
  [[nodiscard]] Namespace& nsp() const noexcept { return *nsp_; }
  // From the CONNECT reply to the disconnection.
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  [[nodiscard]] bool disconnected() const noexcept { return !connected_; }
  // The client has come back after its connection broke: id, rooms and data are those it had, and
  // it has been sent what it missed. See ServerOptions::connection_state_recovery.
  [[nodiscard]] bool recovered() const noexcept { return recovered_; }
  [[nodiscard]] engineio::Loop& loop() const noexcept { return *loop_; }
  // [loop] Anything the application wants to keep with the socket. Other servers see it
  // (RemoteSocket::data), and it survives a recovery.
  [[nodiscard]] Value& data() noexcept { return data_; }
  [[nodiscard]] const Value& data() const noexcept { return data_; }
  // [loop] Who the client is, as the application knows it; empty when nobody has said. Mostly set
  // by a middleware of the namespace's (patchbay/auth/jwt.hpp is one). Several sockets may have the
  // same user: once they have joined they are in the room that user_room() names, by which
  // to_user() reaches them on every server. It survives a recovery, "disconnect" handlers still
  // know it, and then it is gone.
  void set_user(std::string user);
  [[nodiscard]] const std::string& user() const noexcept;
  // [loop] Holds on to a thing of an add-on's for as long as the client is here. It is let go on
  // the loop, behind the last "disconnect" handler; at once when the client has gone already.
  void attach(std::shared_ptr<void> companion);
  // [loop] The client's Engine.IO session, which all its namespaces share; null after its end.
  [[nodiscard]] engineio::Session* conn() const noexcept;
  // [loop] "polling" or "websocket" at the moment; empty after the session has closed.
  [[nodiscard]] std::string_view transport() const noexcept;

  // --- Listening ---------------------------------------------------------------------------------
  // All of it [loop]; what is added or removed by a handler counts from the next event on.

  // Adds a handler for an event of the client's (see handler.hpp), or for
  //   "disconnecting" (reason, detail): about to leave, rooms() still tells which
  //   "disconnect" (reason, detail): gone
  //   "error" (message, data): a middleware of use() has turned an event away.
  // The reasons are those of Node.js; `detail` says more, or is empty.
  template <typename F>
  ListenerId on(std::string_view event, F&& handler) {
    return listeners_.add(event, detail::make_event_handler(std::forward<F>(handler)), false);
  }
  // The same, for one event only.
  template <typename F>
  ListenerId once(std::string_view event, F&& handler) {
    return listeners_.add(event, detail::make_event_handler(std::forward<F>(handler)), true);
  }
  // Removes all handlers of the event, one handler, or all.
  void off(std::string_view event) { listeners_.remove(event); }
  void off(ListenerId id) { listeners_.remove(id); }
  void off() { listeners_.clear(); }
  [[nodiscard]] std::size_t listener_count(std::string_view event) const noexcept {
    return listeners_.count(event);
  }

  // Called for every event of the client's, before middlewares and handlers. Takes an AnyListener
  // or a function (event, args).
  template <typename F>
  ListenerId on_any(F&& listener) {
    return add_any(Direction::incoming, make_any(std::forward<F>(listener)), false);
  }
  // Before those that were added earlier.
  template <typename F>
  ListenerId prepend_any(F&& listener) {
    return add_any(Direction::incoming, make_any(std::forward<F>(listener)), true);
  }
  void off_any() { remove_any(Direction::incoming, std::nullopt); }
  void off_any(ListenerId id) { remove_any(Direction::incoming, id); }
  [[nodiscard]] std::size_t listeners_any() const noexcept {
    return count_any(Direction::incoming);
  }
  // Called for every event that is sent to the client, alone or by a broadcast, but not for
  // acknowledgements.
  template <typename F>
  ListenerId on_any_outgoing(F&& listener) {
    return add_any(Direction::outgoing, make_any(std::forward<F>(listener)), false);
  }
  template <typename F>
  ListenerId prepend_any_outgoing(F&& listener) {
    return add_any(Direction::outgoing, make_any(std::forward<F>(listener)), true);
  }
  void off_any_outgoing() { remove_any(Direction::outgoing, std::nullopt); }
  void off_any_outgoing(ListenerId id) { remove_any(Direction::outgoing, id); }
  [[nodiscard]] std::size_t listeners_any_outgoing() const noexcept {
    return count_any(Direction::outgoing);
  }

  // Every event of the client's goes through these, in the order they were added, before it reaches
  // its handlers. One that is turned away becomes an "error" event here; the client is told
  // nothing.
  void use(EventMiddleware middleware);

  // --- Emitting ----------------------------------------------------------------------------------

  // Sends an event. Throws std::invalid_argument for a name that the protocol keeps for itself.
  // Does nothing when the session has closed.
  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    emit_values(event, values);
  }
  void emit_values(std::string_view event, std::span<const Value> args, EmitFlags flags = {});
  // emit("message", ...)
  template <typename... Ts>
  void send(Ts&&... args) {
    emit("message", std::forward<Ts>(args)...);
  }
  template <typename... Ts>
  void write(Ts&&... args) {
    emit("message", std::forward<Ts>(args)...);
  }

  // Sends an event and waits for its acknowledgement. The last argument is a function
  //   (std::error_code error, T... values)
  // called on the socket's loop, once: with what the client answered, or with
  // Errc::ack_disconnected, Errc::ack_timeout or Errc::bad_arguments and default-constructed
  // values. Without timeout() it waits as long as the client stays. Result is the type of the value
  // for completion tokens.
  template <typename Result = Value, typename... Ts>
  auto emit_with_ack(std::string_view event, Ts&&... args_and_callback) {
    return with({}).template emit_with_ack<Result>(event, std::forward<Ts>(args_and_callback)...);
  }
  // The same for arguments that are only known as values; without flags.timeout there is no limit.
  void emit_values_with_ack(std::string_view event, std::span<const Value> args, EmitFlags flags,
                            detail::AckCallback callback);

  [[nodiscard]] SocketOperator with(EmitFlags flags) { return {shared_from_this(), flags}; }
  [[nodiscard]] SocketOperator timeout(Millis limit) { return with({}).timeout(limit); }
  [[nodiscard]] SocketOperator volatile_() { return with({}).volatile_(); }
  [[nodiscard]] SocketOperator compress(bool compress) { return with({}).compress(compress); }

  // --- Rooms -------------------------------------------------------------------------------------

  void join(std::string_view room);
  void join(std::span<const std::string> rooms);
  void join(std::initializer_list<std::string_view> rooms);
  void leave(std::string_view room);
  void leave(std::span<const std::string> rooms);
  void leave(std::initializer_list<std::string_view> rooms);
  // [loop] Names of the rooms the socket is in, its own id first.
  [[nodiscard]] std::vector<std::string> rooms() const;
  // [loop]
  [[nodiscard]] bool in_room(std::string_view room) const;

  // To everyone (in the room) but this socket.
  [[nodiscard]] BroadcastOperator broadcast(EmitFlags flags = {}) const;
  [[nodiscard]] BroadcastOperator to(std::string_view room) const { return broadcast().to(room); }
  [[nodiscard]] BroadcastOperator to(std::span<const std::string> rooms) const {
    return broadcast().to(rooms);
  }
  [[nodiscard]] BroadcastOperator to(std::initializer_list<std::string_view> rooms) const {
    return broadcast().to(rooms);
  }
  [[nodiscard]] BroadcastOperator in(std::string_view room) const { return to(room); }
  [[nodiscard]] BroadcastOperator in(std::span<const std::string> rooms) const { return to(rooms); }
  [[nodiscard]] BroadcastOperator in(std::initializer_list<std::string_view> rooms) const {
    return to(rooms);
  }
  [[nodiscard]] BroadcastOperator except(std::string_view room) const {
    return broadcast().except(room);
  }
  [[nodiscard]] BroadcastOperator except(std::span<const std::string> rooms) const {
    return broadcast().except(rooms);
  }
  [[nodiscard]] BroadcastOperator except(std::initializer_list<std::string_view> rooms) const {
    return broadcast().except(rooms);
  }
  [[nodiscard]] BroadcastOperator local() const { return broadcast().local(); }

  // Makes the client leave this namespace, or closes its connection with all its namespaces. The
  // `detail` is for the "disconnect" handlers here; the client is not told.
  void disconnect(bool close_connection = false, std::string_view detail = {});

  // [loop] As other servers see it.
  [[nodiscard]] SocketDetails details() const;

 private:
  friend class Client;
  friend class NamespaceShard;
  friend class RoomIndex;
  friend class Server;

  class AckTarget;
  struct PendingAck;
  using PendingAcks = std::unordered_map<std::uint64_t, PendingAck>;
  struct Extras;  // what only some sockets have
  struct HeldEmit;
  enum class Direction : std::uint8_t { incoming, outgoing };
  // One membership: which room, and where in its list of members.
  struct Membership {
    std::uint32_t room;
    std::uint32_t position;
  };

  template <typename F>
  static AnyListener make_any(F&& listener) {
    if constexpr (std::is_invocable_v<std::decay_t<F>&, std::string_view, std::span<const Value>,
                                      const Ack&>) {
      return std::forward<F>(listener);
    } else {
      return [listener = std::forward<F>(listener)](
                 std::string_view event, std::span<const Value> args, const Ack& /*ack*/) mutable {
        listener(event, args);
      };
    }
  }
  ListenerId add_any(Direction direction, AnyListener listener, bool first);
  void remove_any(Direction direction, std::optional<ListenerId> id);
  [[nodiscard]] std::size_t count_any(Direction direction) const noexcept;
  void call_any(Direction direction, std::string_view event, std::span<const Value> args,
                const Ack& ack);
  Extras& extras();

  [[nodiscard]] static Ack make_ack(const SocketPtr& self, std::optional<std::uint64_t> id);
  void send_packet(EncodedMessage packet, bool is_volatile = false);
  [[nodiscard]] engineio::Session* session_for(bool is_volatile) const noexcept;
  void deliver(const EncodedMessage& packet, bool is_volatile);
  void deliver(EncodedMessage&& packet, bool is_volatile);
  // Without a limit it waits as long as the client stays.
  void register_ack(std::uint64_t id, std::optional<Millis> limit, detail::AckCallback callback);

  // [loop] Called by Client and NamespaceShard. `self` is this socket: handing it on costs less
  // than asking for it anew.
  void on_event(SocketPtr self, Array args, std::optional<std::uint64_t> ack_id);
  void on_ack(std::uint64_t id, Array args);
  void on_close(std::string_view reason, std::string_view detail);
  void on_rejected();
  void shut_down();
  void release();
  void emit_recoverable(std::string_view event, std::span<const Value> args, EmitFlags flags);
  void hold(HeldEmit held);
  [[nodiscard]] bool holds_events() const noexcept;
  void join_user_room();
  void emit_held();
  void set_private_id(std::string id);
  [[nodiscard]] const std::string& private_id() const noexcept;
  void set_last_offset(std::string_view offset);
  void set_unnamed_offset(std::string_view offset);
  void forget_listeners();
  void restore(const SavedSession& session);
  [[nodiscard]] SavedSession saved() const;
  void dispatch(SocketPtr self, std::string_view event, Array args, Ack ack);
  void run_middlewares(SocketPtr self, IncomingEvent event);
  void fail_acks(std::error_code error);
  void finish_ack(std::uint64_t id, std::error_code error, Array args);
  void drop_ack(std::uint64_t id);

  // First what a broadcast looks at in each of its recipients: it should be one line of the cache.
  engineio::Session* session_;    // the client's; null after the end
  std::uint64_t visit_mark_ = 0;  // NamespaceShard: already selected in this broadcast
  std::uint32_t position_ = 0;    // NamespaceShard: among its sockets
  const bool recoverable_;        // what is sent to it may be sent again
  bool in_own_room_ = true;
  bool closing_ = false;
  bool recovered_ = false;
  std::atomic<bool> connected_{false};
  engineio::Loop* loop_;
  std::shared_ptr<Namespace> nsp_;
  NamespaceShard* shard_;
  std::shared_ptr<Client> client_;  // null after the end
  std::size_t slot_;
  std::string id_;
  Handshake handshake_;
  Value data_;
  EventListeners listeners_;
  std::unique_ptr<Extras> extras_;
  std::unique_ptr<PendingAcks> pending_acks_;
  std::vector<Membership> memberships_;
  // Events that can be recovered and were emitted before connected_: on their way to the loop, or
  // waiting there.
  std::atomic<std::uint32_t> early_emits_{0};
};

}  // namespace patchbay
