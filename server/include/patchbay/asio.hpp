// SPDX-License-Identifier: MIT
//
// Coroutine handlers and Asio completion tokens:
//
//   socket->on("sum", [&](int a, int b) -> asio::awaitable<int> {
//     int c = co_await socket->emit_with_ack<int>("third", asio::use_awaitable);
//     co_return a + b + c;                                  // the acknowledgement
//   });
//
// A coroutine runs on its socket's loop and may outlive the socket.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "patchbay/socket.hpp"

namespace patchbay {

// Where a socket's handlers run.
[[nodiscard]] inline asio::any_io_executor executor_of(const Socket& socket) {
  return socket.loop().io_context().get_executor();
}

namespace detail {

template <typename T>
asio::awaitable<void> run_coroutine_handler(asio::awaitable<T> coroutine, SocketPtr socket,
                                            std::string event, Ack ack,
                                            std::shared_ptr<const void> /*handler*/) {
  std::exception_ptr failure;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(coroutine);
    } else {
      ack(co_await std::move(coroutine));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) EventCall::report_exception(socket, event, failure);
}

template <typename T>
struct ResultTraits<asio::awaitable<T>> {
  template <typename Invoke>
  static void run(EventCall& call, Invoke&& invoke) {
    asio::co_spawn(executor_of(*call.socket),
                   run_coroutine_handler<T>(invoke(), call.socket, std::string(call.event),
                                            call.ack, call.handler),
                   asio::detached);
  }
};

template <typename Result, typename Token>
struct AckTokenTraits {
  static auto start(Socket& socket, std::string_view event, std::span<const Value> args,
                    Millis limit, Token token) {
    return asio::async_initiate<Token, void(std::error_code, Result)>(
        [keep = socket.shared_from_this(), limit](auto handler, std::string name, Array values) {
          // Completion handlers may be move-only, callbacks may not.
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          keep->emit_values_with_ack(
              name, values, limit,
              make_ack_callback([shared](std::error_code error, Result result) {
                std::move (*shared)(error, std::move(result));
              }));
        },
        token, std::string(event), Array(args.begin(), args.end()));
  }
};

}  // namespace detail

}  // namespace patchbay
