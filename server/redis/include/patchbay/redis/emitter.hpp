// SPDX-License-Identifier: MIT
//
// Emits to the clients of a cluster from a process that is no server of it: a job, a script,
// another service. Speaks to servers with the classic adapter, as the npm package
// @socket.io/redis-emitter does.
//
//   patchbay::redis::Emitter io({.url = "redis://127.0.0.1:6379"});
//   io.to("room").emit("news", "hello");
#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/convert.hpp"
#include "patchbay/protocol/sio/flags.hpp"
#include "patchbay/redis/redis.hpp"

namespace patchbay::redis {

struct EmitterOptions {
  std::string key = "socket.io";  // as ClassicOptions::key of the servers
  std::string nsp = "/";
};

// Says to whom and how, then what, as BroadcastOperator does: each step gives a new one. All that
// come from one share a connection, which a thread of its own serves. Any thread; what one thread
// emits arrives in that order.
//
// While Redis is away up to 64 MiB are kept for it; beyond that, and what was on its way when the
// connection broke, is lost.
class Emitter {
 public:
  // Throws std::invalid_argument when an option makes no sense. Connects in the background.
  explicit Emitter(Options options = {}, EmitterOptions emitter = {});
  // The last one that shares the connection waits for what is on its way, as
  // flush(options.timeout).
  ~Emitter();
  Emitter(const Emitter&);
  Emitter& operator=(const Emitter&);
  Emitter(Emitter&&) noexcept;
  Emitter& operator=(Emitter&&) noexcept;

  // The same for another namespace (a leading '/' is added when missing), to everybody in it.
  [[nodiscard]] Emitter of(std::string_view nsp) const;
  [[nodiscard]] Emitter to(std::string_view room) const;
  [[nodiscard]] Emitter to(std::span<const std::string> rooms) const;
  [[nodiscard]] Emitter to(std::initializer_list<std::string_view> rooms) const;
  [[nodiscard]] Emitter in(std::string_view room) const { return to(room); }
  [[nodiscard]] Emitter except(std::string_view room) const;
  [[nodiscard]] Emitter except(std::span<const std::string> rooms) const;
  [[nodiscard]] Emitter except(std::initializer_list<std::string_view> rooms) const;
  [[nodiscard]] Emitter volatile_() const;
  [[nodiscard]] Emitter compress(bool compress) const;

  // Throws std::invalid_argument for reserved event names.
  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) const {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    emit_values(event, values);
  }
  void emit_values(std::string_view event, std::span<const Value> args) const;
  void sockets_join(std::string_view room) const { sockets_join({room}); }
  void sockets_join(std::span<const std::string> rooms) const;
  void sockets_join(std::initializer_list<std::string_view> rooms) const;
  void sockets_leave(std::string_view room) const { sockets_leave({room}); }
  void sockets_leave(std::span<const std::string> rooms) const;
  void sockets_leave(std::initializer_list<std::string_view> rooms) const;
  void disconnect_sockets(bool close_connection = false) const;
  // For the servers' own listeners (Namespace::on). No acknowledgements.
  template <typename... Ts>
  void server_side_emit(std::string_view event, Ts&&... args) const {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    server_side_emit_values(event, values);
  }
  void server_side_emit_values(std::string_view event, std::span<const Value> args) const;

  // Waits until Redis has had all that was emitted so far; false when that takes longer.
  [[nodiscard]] bool flush(Millis limit) const;

 private:
  class Courier;

  std::shared_ptr<Courier> courier_;
  EmitterOptions names_;
  BroadcastOptions options_;
};

}  // namespace patchbay::redis
