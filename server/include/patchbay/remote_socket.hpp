// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/broadcast.hpp"
#include "patchbay/protocol/cluster/messages.hpp"

namespace patchbay {

// A socket as fetch_sockets() found it, perhaps on another server: what was known of it then, and a
// way to reach it. Does not notice when the socket goes; what is sent to it afterwards is lost.
class RemoteSocket {
 public:
  RemoteSocket(Namespace& nsp, SocketDetails details);

  [[nodiscard]] const std::string& id() const noexcept { return details_.id; }
  [[nodiscard]] const Object& handshake() const noexcept { return details_.handshake; }
  [[nodiscard]] const std::vector<std::string>& rooms() const noexcept { return details_.rooms; }
  // A copy: changes do not travel back.
  [[nodiscard]] const Value& data() const noexcept { return details_.data; }

  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) const {
    operator_.emit(event, std::forward<Ts>(args)...);
  }
  // The last argument is a function (std::error_code, Value) or a completion token.
  template <typename... Ts>
  auto emit_with_ack(std::string_view event, Ts&&... args_and_token) const {
    static_assert(sizeof...(Ts) > 0, "emit_with_ack() needs a function or a completion token");
    auto all = std::forward_as_tuple(std::forward<Ts>(args_and_token)...);
    constexpr std::size_t kLast = sizeof...(Ts) - 1;
    auto start = [to = operator_, name = std::string(event),
                  values = detail::leading_values(all, std::make_index_sequence<kLast>())](
                     detail::Completion<Value> done) {
      to.emit_values_with_ack(name, values,
                              [done = std::move(done)](std::error_code error, Array responses) {
                                done(error, responses.empty() ? Value() : responses.front());
                              });
    };
    return detail::complete_by<Value>(detail::last_of(all), std::move(start));
  }
  // The same socket, with a limit for emit_with_ack().
  [[nodiscard]] RemoteSocket timeout(Millis limit) const;

  void join(std::string_view room) const { operator_.sockets_join(room); }
  void join(std::span<const std::string> rooms) const { operator_.sockets_join(rooms); }
  void join(std::initializer_list<std::string_view> rooms) const { operator_.sockets_join(rooms); }
  void leave(std::string_view room) const { operator_.sockets_leave(room); }
  void leave(std::span<const std::string> rooms) const { operator_.sockets_leave(rooms); }
  void leave(std::initializer_list<std::string_view> rooms) const {
    operator_.sockets_leave(rooms);
  }
  void disconnect(bool close_connection = false) const {
    operator_.disconnect_sockets(close_connection);
  }

 private:
  BroadcastOperator operator_;
  SocketDetails details_;
};

}  // namespace patchbay
