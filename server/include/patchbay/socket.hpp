// SPDX-License-Identifier: MIT
//
// A client in a namespace. The functions have the names and the meaning of the Node.js API, in
// snake_case (https://socket.io/docs/v4/server-socket-instance/).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patchbay/broadcast.hpp"
#include "patchbay/engineio/session.hpp"
#include "patchbay/handler.hpp"
#include "patchbay/handshake.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay {

class Client;
class NamespaceShard;
class Outgoing;
class RoomIndex;
class Server;
class Socket;

namespace detail {

// Receives the answer to emit_with_ack(): an error and no values, or the client's values.
using AckCallback = std::function<void(std::error_code, Array)>;

// Turns (std::error_code, Array) into a call of a function (std::error_code, T...).
template <typename F>
AckCallback make_ack_callback(F&& function);

// What emit_with_ack() returns and does for a last argument that is not a plain function: Asio
// completion tokens. Defined in patchbay/asio.hpp.
template <typename Result, typename Token>
struct AckTokenTraits;

template <typename T>
concept Complete = requires {
  sizeof(T);
};

}  // namespace detail

// A socket with a time limit for the acknowledgement of what is emitted through it.
class TimedSocket {
 public:
  TimedSocket(SocketPtr socket, Millis timeout) : socket_(std::move(socket)), timeout_(timeout) {}
  // As Socket::emit_with_ack(), but ends with Errc::ack_timeout when the time is up.
  template <typename Result = Value, typename... Ts>
  auto emit_with_ack(std::string_view event, Ts&&... args_and_callback) const;

 private:
  SocketPtr socket_;
  Millis timeout_;
};

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
  [[nodiscard]] Namespace& nsp() const noexcept;
  // From the CONNECT reply to the disconnection.
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  [[nodiscard]] engineio::Loop& loop() const noexcept { return *loop_; }
  // [loop] Anything the application wants to keep with the socket.
  [[nodiscard]] Value& data() noexcept { return data_; }
  // [loop] "polling" or "websocket" at the moment; empty after the session has closed.
  [[nodiscard]] std::string_view transport() const noexcept;

  // [loop] Adds a handler for an event of the client's (see handler.hpp), or for
  //   "disconnecting" (reason, detail): about to leave, rooms() still tells which
  //   "disconnect" (reason, detail): gone.
  // The reasons are those of Node.js; `detail` says more, or is empty.
  template <typename F>
  Socket& on(std::string_view event, F&& handler) {
    add_handler(event, detail::make_event_handler(std::forward<F>(handler)));
    return *this;
  }
  // [loop] Removes all handlers of the event.
  void off(std::string_view event);

  // Sends an event. Throws std::invalid_argument for a name that the protocol keeps for itself.
  // Does nothing when the session has closed.
  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    emit_values(event, values);
  }
  void emit_values(std::string_view event, std::span<const Value> args);

  // Sends an event and waits for its acknowledgement. The last argument is a function
  //   (std::error_code error, T... values)
  // called on the socket's loop, once: with what the client answered, or with
  // Errc::ack_disconnected, Errc::ack_timeout or Errc::bad_arguments and default-constructed
  // values. Without timeout() it waits as long as the client stays. Result is the type of the value
  // for completion tokens.
  template <typename Result = Value, typename... Ts>
  auto emit_with_ack(std::string_view event, Ts&&... args_and_callback) {
    return start_ack<Result>(event, Millis(0),
                             std::forward_as_tuple(std::forward<Ts>(args_and_callback)...),
                             std::make_index_sequence<sizeof...(Ts) - 1>());
  }
  // The same for arguments that are only known as values; a limit of zero is none.
  void emit_values_with_ack(std::string_view event, std::span<const Value> args, Millis limit,
                            detail::AckCallback callback);
  [[nodiscard]] TimedSocket timeout(Millis limit) { return {shared_from_this(), limit}; }

  void join(std::string_view room);
  void join(std::span<const std::string> rooms);
  void leave(std::string_view room);
  // [loop] Names of the rooms the socket is in, its own id first.
  [[nodiscard]] std::vector<std::string> rooms() const;
  // [loop]
  [[nodiscard]] bool in_room(std::string_view room) const;

  // To everyone (in the room) but this socket.
  [[nodiscard]] BroadcastOperator broadcast() const;
  [[nodiscard]] BroadcastOperator to(std::string_view room) const { return broadcast().to(room); }
  [[nodiscard]] BroadcastOperator to(std::span<const std::string> rooms) const {
    return broadcast().to(rooms);
  }
  [[nodiscard]] BroadcastOperator in(std::string_view room) const { return to(room); }
  [[nodiscard]] BroadcastOperator except(std::string_view room) const {
    return broadcast().except(room);
  }

  // Makes the client leave this namespace, or closes its connection with all its namespaces.
  void disconnect(bool close_connection = false);

 private:
  friend class Client;
  friend class NamespaceShard;
  friend class RoomIndex;
  friend class Server;
  friend class TimedSocket;
  template <typename, typename>
  friend struct detail::AckTokenTraits;

  struct Handler {
    std::string event;
    std::shared_ptr<EventHandler> function;
  };
  class AckTarget;
  struct PendingAck;
  using PendingAcks = std::unordered_map<std::uint64_t, PendingAck>;
  // One membership: which room, and where in its list of members.
  struct Membership {
    std::uint32_t room;
    std::uint32_t position;
  };

  void add_handler(std::string_view event, EventHandler handler);

  template <typename Result, typename Tuple, std::size_t... Is>
  auto start_ack(std::string_view event, Millis limit, Tuple&& args, std::index_sequence<Is...>);
  [[nodiscard]] Ack make_ack(std::optional<std::uint64_t> id);
  void send(Outgoing packet);
  void register_ack(std::uint64_t id, Millis limit, detail::AckCallback callback);

  // [loop] Called by Client and Server.
  void on_event(Array args, std::optional<std::uint64_t> ack_id);
  void on_ack(std::uint64_t id, Array args);
  void on_close(std::string_view reason, std::string_view detail);
  void on_rejected();
  void shut_down();
  void release();
  void dispatch(std::string_view event, Array args, const Ack& ack);
  void fail_acks(std::error_code error);
  void finish_ack(std::uint64_t id, std::error_code error, Array args);

  engineio::Loop* loop_;
  NamespaceShard* shard_;
  std::shared_ptr<Client> client_;  // null after the end
  std::size_t slot_;
  std::string id_;
  Handshake handshake_;
  Value data_;
  std::vector<Handler> handlers_;
  std::unique_ptr<PendingAcks> pending_acks_;
  std::vector<Membership> memberships_;
  std::uint64_t visit_mark_ = 0;  // RoomIndex: already selected in this broadcast
  bool in_own_room_ = true;
  bool closing_ = false;
  std::atomic<bool> connected_{false};
};

// ---------------------------------------------------------------------------------------------------

namespace detail {

template <typename F, typename... Ts, std::size_t... Is>
void call_ack_callback(F& function, std::error_code error, Array values,
                       std::type_identity<std::tuple<std::error_code, Ts...>>,
                       std::index_sequence<Is...>) {
  std::tuple<std::optional<Ts>...> taken;
  if (!error) {
    values.resize(std::max(values.size(), sizeof...(Ts)));
    taken = {Convert<Ts>::from_value(std::move(values[Is]))...};
    if (!(std::get<Is>(taken).has_value() && ...)) error = Errc::bad_arguments;
  }
  if (error) {
    function(error, Ts()...);
  } else {
    function(error, std::move(*std::get<Is>(taken))...);
  }
}

template <typename F>
AckCallback make_ack_callback(F&& function) {
  using Function = std::decay_t<F>;
  if constexpr (std::is_same_v<Function, AckCallback>) {
    return std::forward<F>(function);
  } else {
    using Parameters = typename CallableTraits<Function>::Parameters;
    constexpr std::size_t kValues = std::tuple_size_v<Parameters> - 1;
    return [function = Function(std::forward<F>(function))](std::error_code error,
                                                            Array values) mutable {
      call_ack_callback(function, error, std::move(values), std::type_identity<Parameters>(),
                        std::make_index_sequence<kValues>());
    };
  }
}

}  // namespace detail

template <typename Result, typename Tuple, std::size_t... Is>
auto Socket::start_ack(std::string_view event, Millis limit, Tuple&& args,
                       std::index_sequence<Is...>) {
  const std::array<Value, sizeof...(Is)> values{
      to_value(std::get<Is>(std::forward<Tuple>(args)))...};
  auto&& last = std::get<sizeof...(Is)>(std::forward<Tuple>(args));
  using Last = std::decay_t<decltype(last)>;
  if constexpr (detail::Callable<Last>) {
    emit_values_with_ack(event, values, limit,
                         detail::make_ack_callback(std::forward<decltype(last)>(last)));
  } else {
    using Traits = detail::AckTokenTraits<Result, Last>;
    static_assert(
        detail::Complete<Traits>,
        "the last argument of emit_with_ack() must be a function (std::error_code, ...) or, "
        "with #include <patchbay/asio.hpp>, an Asio completion token");
    return Traits::start(*this, event, values, limit, std::forward<decltype(last)>(last));
  }
}

template <typename Result, typename... Ts>
auto TimedSocket::emit_with_ack(std::string_view event, Ts&&... args_and_callback) const {
  return socket_->start_ack<Result>(event, timeout_,
                                    std::forward_as_tuple(std::forward<Ts>(args_and_callback)...),
                                    std::make_index_sequence<sizeof...(Ts) - 1>());
}

}  // namespace patchbay
