// SPDX-License-Identifier: MIT
//
// What is emitted to one socket in a particular way: socket->volatile_().emit(...),
// socket->timeout(1s).emit_with_ack(...).
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "patchbay/async.hpp"
#include "patchbay/broadcast.hpp"
#include "patchbay/handler.hpp"
#include "patchbay/protocol/error.hpp"

namespace patchbay {

namespace detail {

// Receives the answer to emit_with_ack(): an error and no values, or the client's values.
using AckCallback = std::function<void(std::error_code, Array)>;

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

// Turns (std::error_code, Array) into a call of a function (std::error_code, T...).
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

// A socket and how to emit to it. Immutable; each step gives a new one. Any thread.
class SocketOperator {
 public:
  SocketOperator(SocketPtr socket, EmitFlags flags) : socket_(std::move(socket)), flags_(flags) {}

  // emit_with_ack() ends with Errc::ack_timeout when the time is up. Zero is at once.
  [[nodiscard]] SocketOperator timeout(Millis limit) const;
  [[nodiscard]] SocketOperator volatile_() const;
  [[nodiscard]] SocketOperator compress(bool compress) const;

  // As Socket's.
  template <typename... Ts>
  void emit(std::string_view event, Ts&&... args) const {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    emit_values(event, values);
  }
  template <typename... Ts>
  void send(Ts&&... args) const {
    emit("message", std::forward<Ts>(args)...);
  }
  void emit_values(std::string_view event, std::span<const Value> args) const;

  template <typename Result = Value, typename... Ts>
  auto emit_with_ack(std::string_view event, Ts&&... args_and_callback) const {
    static_assert(sizeof...(Ts) > 0, "emit_with_ack() needs a function or a completion token");
    auto all = std::forward_as_tuple(std::forward<Ts>(args_and_callback)...);
    Array values = detail::leading_values(all, std::make_index_sequence<sizeof...(Ts) - 1>());
    using Last = std::decay_t<std::tuple_element_t<sizeof...(Ts) - 1, std::tuple<Ts...>>>;
    if constexpr (detail::Callable<Last>) {
      emit_values_with_ack(event, values, detail::make_ack_callback(detail::last_of(all)));
    } else {
      auto start = [self = *this, name = std::string(event),
                    values = std::move(values)](detail::Completion<Result> done) {
        self.emit_values_with_ack(name, values, detail::make_ack_callback(std::move(done)));
      };
      return detail::complete_by<Result>(detail::last_of(all), std::move(start));
    }
  }
  void emit_values_with_ack(std::string_view event, std::span<const Value> args,
                            detail::AckCallback callback) const;

  // To others, with these flags.
  [[nodiscard]] BroadcastOperator broadcast() const;
  [[nodiscard]] BroadcastOperator to(std::string_view room) const { return broadcast().to(room); }
  [[nodiscard]] BroadcastOperator in(std::string_view room) const { return broadcast().to(room); }
  [[nodiscard]] BroadcastOperator except(std::string_view room) const {
    return broadcast().except(room);
  }

 private:
  SocketPtr socket_;
  EmitFlags flags_;
};

}  // namespace patchbay
