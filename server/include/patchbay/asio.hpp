// SPDX-License-Identifier: MIT
//
// Coroutine handlers and Asio completion tokens:
//
//   socket->on("sum", [&](int a, int b) -> asio::awaitable<int> {
//     int c = co_await socket->emit_with_ack<int>("third", asio::use_awaitable);
//     co_return a + b + c;                                  // the acknowledgement
//   });
//
// A coroutine runs on its socket's loop. It may outlive the client's connection; the handler, with
// what it has captured, and the Socket live until it ends.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
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
asio::awaitable<void> run_coroutine_handler(asio::awaitable<T> coroutine, EventCall call,
                                            std::string event) {
  std::exception_ptr failure;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(coroutine);
    } else {
      call.ack(co_await std::move(coroutine));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  call.event = event;
  if (failure) call.report_exception(failure);
}

template <typename T>
struct ResultTraits<asio::awaitable<T>> {
  template <typename Invoke>
  static void run(EventCall& call, Invoke&& invoke) {
    asio::co_spawn(call.loop().io_context().get_executor(),
                   run_coroutine_handler<T>(invoke(), call, std::string(call.event)),
                   asio::detached);
  }
};

// A handler with what keeps its executor running. Completes there, or, when the token names none,
// where the answer arrives.
template <typename Handler>
struct PendingCompletion {
  explicit PendingCompletion(Handler given)
      : handler(std::move(given)), work(asio::make_work_guard(handler)) {}

  Handler handler;
  decltype(asio::make_work_guard(std::declval<const Handler&>())) work;
};

template <typename Result, typename Token>
struct TokenTraits {
  template <typename Start>
  static auto start(Start start, Token token) {
    return asio::async_initiate<Token, void(std::error_code, Result)>(
        [](auto handler, Start begin) {
          using Handler = decltype(handler);
          auto pending = std::make_shared<PendingCompletion<Handler>>(std::move(handler));
          begin(Completion<Result>([pending](std::error_code error, Result result) {
            asio::dispatch(pending->work.get_executor(),
                           [pending, error, result = std::move(result)]() mutable {
                             pending->work.reset();
                             std::move(pending->handler)(error, std::move(result));
                           });
          }));
        },
        token, std::move(start));
  }
};

}  // namespace detail

}  // namespace patchbay
