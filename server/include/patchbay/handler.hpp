// SPDX-License-Identifier: MIT
//
// How a function of C++ types becomes the handler of an event.
//
//   socket->on("name", [](int a, std::optional<std::string> b, Args rest, Ack ack) { ... });
//
// Parameters are filled from the event's arguments in order. std::optional takes a missing one,
// Args all that are left, Ack (last) the acknowledgement. Arguments too many are ignored. A
// returned value is the acknowledgement. Coroutines: patchbay/asio.hpp.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "patchbay/ack.hpp"
#include "patchbay/convert.hpp"

namespace patchbay {

namespace engineio {
class Loop;
}

class Namespace;
class Socket;
using SocketPtr = std::shared_ptr<Socket>;

// All remaining arguments of an event.
struct Args {
  Array values;
};

struct EventCall;
using EventHandler = std::function<void(EventCall&)>;

// A handler and the event that it is for, shared by all who hold this. In one piece of memory, for
// every socket has several. Holders may be in different threads.
class HandlerPtr {
 public:
  HandlerPtr() noexcept = default;  // none
  HandlerPtr(std::string_view event, EventHandler function);
  HandlerPtr(const HandlerPtr& other) noexcept;
  HandlerPtr(HandlerPtr&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  HandlerPtr& operator=(HandlerPtr other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~HandlerPtr() {
    if (block_) release();
  }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  // Preconditions: there is one.
  [[nodiscard]] std::string_view event() const noexcept;
  [[nodiscard]] EventHandler& function() const noexcept;

 private:
  struct Block;
  void release() noexcept;

  Block* block_ = nullptr;
};

// One event on its way to one handler.
struct EventCall {
  Namespace* nsp;
  SocketPtr socket;        // null when the event came from another server
  std::string_view event;  // lives for the call
  Array args;
  Ack ack;
  // Keeps the handler alive; a coroutine holds on to it while it runs.
  HandlerPtr handler;

  // To the error listener, and as {"error": text} to the acknowledgement.
  void reject_arguments(std::string text) const;
  // To the error listener.
  void report_exception(std::exception_ptr exception) const;
  static void report_exception(const SocketPtr& socket, std::string_view event,
                               std::exception_ptr exception);
  static void report_exception(Namespace& nsp, std::string_view event,
                               std::exception_ptr exception);
  // Where the handler runs.
  [[nodiscard]] engineio::Loop& loop() const;

 private:
  static void report(Namespace& nsp, SocketPtr socket, std::string_view event,
                     std::exception_ptr exception);
};

namespace detail {

template <typename F>
struct CallableTraits {};
template <typename F>
requires requires {
  &F::operator();
}
struct CallableTraits<F> : CallableTraits<decltype(&F::operator())> {};
template <typename R, typename... Ps>
struct CallableTraits<R (*)(Ps...)> {
  using Result = R;
  using Parameters = std::tuple<std::decay_t<Ps>...>;
};
template <typename R, typename... Ps>
struct CallableTraits<R(Ps...)> : CallableTraits<R (*)(Ps...)> {};
template <typename C, typename R, typename... Ps>
struct CallableTraits<R (C::*)(Ps...)> : CallableTraits<R (*)(Ps...)> {};
template <typename C, typename R, typename... Ps>
struct CallableTraits<R (C::*)(Ps...) const> : CallableTraits<R (*)(Ps...)> {};
template <typename C, typename R, typename... Ps>
struct CallableTraits<R (C::*)(Ps...) noexcept> : CallableTraits<R (*)(Ps...)> {};
template <typename C, typename R, typename... Ps>
struct CallableTraits<R (C::*)(Ps...) const noexcept> : CallableTraits<R (*)(Ps...)> {};

template <typename F>
concept Callable = requires {
  typename CallableTraits<std::decay_t<F>>::Parameters;
};

// Takes one parameter from the arguments. On a mismatch says so in `problem`, as "argument 2:
// expected integer, got string".
template <typename T>
std::optional<T> take_argument(EventCall& call, std::size_t index, std::string& problem) {
  if constexpr (std::is_same_v<T, Ack>) {
    return call.ack;
  } else if constexpr (std::is_same_v<T, Args>) {
    Args rest;
    if (index == 0) {
      rest.values = std::move(call.args);
    } else if (index < call.args.size()) {
      rest.values.assign(std::make_move_iterator(call.args.begin() + static_cast<long>(index)),
                         std::make_move_iterator(call.args.end()));
    }
    return rest;
  } else {
    const bool given = index < call.args.size();
    const Value::Type type = given ? call.args[index].type() : Value::Type::null;
    auto result = Convert<T>::from_value(given ? std::move(call.args[index]) : Value());
    if (!result && problem.empty()) {
      problem = "argument " + std::to_string(index + 1) + ": expected " +
                std::string(expected_name<T>()) + ", got " +
                std::string(given ? type_name(type) : "nothing");
    }
    return result;
  }
}

// What to do with a handler's result; specialised in patchbay/asio.hpp for coroutines.
template <typename R>
struct ResultTraits {
  template <typename Invoke>
  static void run(EventCall& call, Invoke&& invoke) {
    call.ack(invoke());
  }
};
template <>
struct ResultTraits<void> {
  template <typename Invoke>
  static void run(EventCall& /*call*/, Invoke&& invoke) {
    invoke();
  }
};

template <typename F, typename... Ps, std::size_t... Is>
void call_handler(F& function, EventCall& call, std::type_identity<std::tuple<Ps...>>,
                  std::index_sequence<Is...>) {
  std::string problem;
  // Braces: in this order.
  std::tuple<std::optional<Ps>...> taken{take_argument<Ps>(call, Is, problem)...};
  if (!problem.empty()) {
    call.reject_arguments(std::move(problem));
    return;
  }
  using Result = typename CallableTraits<F>::Result;
  ResultTraits<Result>::run(
      call, [&]() -> Result { return function(std::move(*std::get<Is>(taken))...); });
}

template <typename F>
EventHandler make_event_handler(F&& function) {
  using Function = std::decay_t<F>;
  if constexpr (std::is_same_v<Function, EventHandler>) {
    return std::forward<F>(function);
  } else {
    static_assert(Callable<Function>,
                  "an event handler must be a function or a lambda without auto parameters");
    using Parameters = typename CallableTraits<Function>::Parameters;
    return [function = Function(std::forward<F>(function))](EventCall& call) mutable {
      call_handler(function, call, std::type_identity<Parameters>(),
                   std::make_index_sequence<std::tuple_size_v<Parameters>>());
    };
  }
}

}  // namespace detail

}  // namespace patchbay
