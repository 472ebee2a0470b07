// SPDX-License-Identifier: MIT
//
// Emitting to many. https://socket.io/docs/v4/broadcasting-events/
#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "patchbay/async.hpp"
#include "patchbay/convert.hpp"
#include "patchbay/protocol/sio/flags.hpp"

namespace patchbay {

class Namespace;
class RemoteSocket;

namespace detail {

// The values before the last of the arguments (a tuple of references), which is where an answer
// goes.
template <typename Tuple, std::size_t... Is>
Array leading_values(Tuple& args, std::index_sequence<Is...> /*all but the last*/) {
  return Array{to_value(std::forward<std::tuple_element_t<Is, Tuple>>(std::get<Is>(args)))...};
}

template <typename Tuple>
decltype(auto) last_of(Tuple& args) {
  constexpr std::size_t kLast = std::tuple_size_v<Tuple> - 1;
  return std::forward<std::tuple_element_t<kLast, Tuple>>(std::get<kLast>(args));
}

}  // namespace detail

// The room in which a user's sockets are (Socket::set_user): "user:" and the user. A Node.js server
// of the same cluster has its sockets join it by that name.
[[nodiscard]] inline std::string user_room(std::string_view user) {
  return "user:" + std::string(user);
}

// Says to whom and how, then what. Immutable: each step gives a new one, which may be kept and used
// again. Every socket is alone in the room named by its id, so rooms can be socket ids too. Any
// thread; what one thread emits arrives everywhere in that order.
class BroadcastOperator {
 public:
  explicit BroadcastOperator(Namespace& nsp, BroadcastOptions options = {});

  [[nodiscard]] BroadcastOperator to(std::string_view room) const;
  [[nodiscard]] BroadcastOperator to(std::span<const std::string> rooms) const;
  [[nodiscard]] BroadcastOperator to(std::initializer_list<std::string_view> rooms) const;
  [[nodiscard]] BroadcastOperator in(std::string_view room) const { return to(room); }
  [[nodiscard]] BroadcastOperator in(std::span<const std::string> rooms) const { return to(rooms); }
  [[nodiscard]] BroadcastOperator in(std::initializer_list<std::string_view> rooms) const {
    return to(rooms);
  }
  // To all sockets of a user, on whatever server; see user_room().
  [[nodiscard]] BroadcastOperator to_user(std::string_view user) const {
    return to(user_room(user));
  }
  [[nodiscard]] BroadcastOperator except(std::string_view room) const;
  [[nodiscard]] BroadcastOperator except(std::span<const std::string> rooms) const;
  [[nodiscard]] BroadcastOperator except(std::initializer_list<std::string_view> rooms) const;

  // See EmitFlags. (`volatile` alone is a word of C++'s.)
  [[nodiscard]] BroadcastOperator volatile_() const;
  [[nodiscard]] BroadcastOperator local() const;
  [[nodiscard]] BroadcastOperator compress(bool compress) const;
  [[nodiscard]] BroadcastOperator timeout(Millis limit) const;

  // Encodes once and sends to everyone selected. Throws std::invalid_argument for a reserved name.
  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) const {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    emit_values(event, values);
  }
  void emit_values(std::string_view event, std::span<const Value> args) const;
  // emit("message", ...)
  template <typename... Ts>
  void send(Ts&&... args) const {
    emit("message", std::forward<Ts>(args)...);
  }
  template <typename... Ts>
  void write(Ts&&... args) const {
    emit("message", std::forward<Ts>(args)...);
  }

  // The same, and waits for the acknowledgement of every client. The last argument is a function
  //   (std::error_code error, std::vector<Value> responses)
  // or a completion token. `responses` holds the first value of each answer, in the order of their
  // arrival; when `error` is Errc::ack_timeout, or Errc::ack_disconnected because clients have left
  // without answering, those that did come. Without timeout() it waits for
  // ServerOptions::broadcast_ack_timeout. Called on the loop that emitted; on the first loop when
  // that was another thread.
  template <typename... Ts>
  auto emit_with_ack(std::string_view event, Ts&&... args_and_token) const {
    static_assert(sizeof...(Ts) > 0, "emit_with_ack() needs a function or a completion token");
    auto all = std::forward_as_tuple(std::forward<Ts>(args_and_token)...);
    constexpr std::size_t kLast = sizeof...(Ts) - 1;
    auto start = [self = *this, name = std::string(event),
                  values = detail::leading_values(all, std::make_index_sequence<kLast>())](
                     detail::Completion<std::vector<Value>> done) {
      self.emit_values_with_ack(name, values, std::move(done));
    };
    return detail::complete_by<std::vector<Value>>(detail::last_of(all), std::move(start));
  }
  void emit_values_with_ack(std::string_view event, std::span<const Value> args,
                            detail::Completion<std::vector<Value>> done) const;

  // What is known of the selected sockets, also of those on other servers. The argument is a
  // function (std::error_code, std::vector<RemoteSocket>) or a completion token; with an error come
  // the sockets of the servers that did answer.
  template <typename Token>
  auto fetch_sockets(Token&& token) const {
    return detail::complete_by<std::vector<RemoteSocket>>(
        std::forward<Token>(token),
        [self = *this](detail::Completion<std::vector<RemoteSocket>> done) {
          self.start_fetch(std::move(done));
        });
  }
  // Makes the selected sockets join or leave.
  void sockets_join(std::string_view room) const;
  void sockets_join(std::span<const std::string> rooms) const;
  void sockets_join(std::initializer_list<std::string_view> rooms) const;
  void sockets_leave(std::string_view room) const;
  void sockets_leave(std::span<const std::string> rooms) const;
  void sockets_leave(std::initializer_list<std::string_view> rooms) const;
  // As Socket::disconnect().
  void disconnect_sockets(bool close_connection = false) const;

 private:
  friend class RemoteSocket;
  void start_fetch(detail::Completion<std::vector<RemoteSocket>> done) const;

  std::shared_ptr<Namespace> nsp_;
  BroadcastOptions options_;
};

// What servers and namespaces have of an operator: everything begins with "everyone".
template <typename Self>
class Broadcasting {
 public:
  [[nodiscard]] BroadcastOperator to(std::string_view room) { return all().to(room); }
  [[nodiscard]] BroadcastOperator to(std::span<const std::string> rooms) { return all().to(rooms); }
  [[nodiscard]] BroadcastOperator to(std::initializer_list<std::string_view> rooms) {
    return all().to(rooms);
  }
  [[nodiscard]] BroadcastOperator in(std::string_view room) { return all().to(room); }
  [[nodiscard]] BroadcastOperator in(std::span<const std::string> rooms) { return all().to(rooms); }
  [[nodiscard]] BroadcastOperator in(std::initializer_list<std::string_view> rooms) {
    return all().to(rooms);
  }
  [[nodiscard]] BroadcastOperator to_user(std::string_view user) { return all().to_user(user); }
  [[nodiscard]] BroadcastOperator except(std::string_view room) { return all().except(room); }
  [[nodiscard]] BroadcastOperator except(std::span<const std::string> rooms) {
    return all().except(rooms);
  }
  [[nodiscard]] BroadcastOperator except(std::initializer_list<std::string_view> rooms) {
    return all().except(rooms);
  }
  [[nodiscard]] BroadcastOperator volatile_() { return all().volatile_(); }
  [[nodiscard]] BroadcastOperator local() { return all().local(); }
  [[nodiscard]] BroadcastOperator compress(bool compress) { return all().compress(compress); }
  [[nodiscard]] BroadcastOperator timeout(Millis limit) { return all().timeout(limit); }

  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) {
    all().emit(event, std::forward<Ts>(args)...);
  }
  template <typename... Ts>
  void send(Ts&&... args) {
    all().send(std::forward<Ts>(args)...);
  }
  template <typename... Ts>
  void write(Ts&&... args) {
    all().send(std::forward<Ts>(args)...);
  }
  template <typename... Ts>
  auto emit_with_ack(std::string_view event, Ts&&... args_and_token) {
    return all().emit_with_ack(event, std::forward<Ts>(args_and_token)...);
  }
  template <typename Token>
  auto fetch_sockets(Token&& token) {
    return all().fetch_sockets(std::forward<Token>(token));
  }
  void sockets_join(std::string_view room) { all().sockets_join(room); }
  void sockets_join(std::span<const std::string> rooms) { all().sockets_join(rooms); }
  void sockets_join(std::initializer_list<std::string_view> rooms) { all().sockets_join(rooms); }
  void sockets_leave(std::string_view room) { all().sockets_leave(room); }
  void sockets_leave(std::span<const std::string> rooms) { all().sockets_leave(rooms); }
  void sockets_leave(std::initializer_list<std::string_view> rooms) { all().sockets_leave(rooms); }
  void disconnect_sockets(bool close_connection = false) {
    all().disconnect_sockets(close_connection);
  }

 private:
  [[nodiscard]] BroadcastOperator all() { return static_cast<Self*>(this)->everyone(); }
};

}  // namespace patchbay
