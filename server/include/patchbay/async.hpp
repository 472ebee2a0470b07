// SPDX-License-Identifier: MIT
//
// How functions that wait for an answer give it: to a plain function (std::error_code, Result), or
// to an Asio completion token (with #include <patchbay/asio.hpp>): asio::use_awaitable,
// asio::use_future, asio::bind_executor(...) and the like.
#pragma once

#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace patchbay::detail {

template <typename T>
concept Complete = requires {
  sizeof(T);
};

template <typename Result>
using Completion = std::function<void(std::error_code, Result)>;

// What is returned and done for a token that is not a plain function. Defined in patchbay/asio.hpp.
template <typename Result, typename Token>
struct TokenTraits;

// Calls `start(Completion<Result>)`, now or when the token says so. The completion is called once.
template <typename Result, typename Token, typename Start>
auto complete_by(Token&& token, Start&& start) {
  using Plain = std::decay_t<Token>;
  if constexpr (std::is_invocable_v<Plain&, std::error_code, Result>) {
    // Shared, because functions that can only be moved are welcome, too.
    auto function = std::make_shared<Plain>(std::forward<Token>(token));
    std::forward<Start>(start)(Completion<Result>([function](std::error_code error, Result result) {
      (*function)(error, std::move(result));
    }));
  } else {
    using Traits = TokenTraits<Result, Plain>;
    static_assert(Complete<Traits>,
                  "the last argument must be a function (std::error_code, result) or, with "
                  "#include <patchbay/asio.hpp>, an Asio completion token");
    return Traits::start(std::forward<Start>(start), std::forward<Token>(token));
  }
}

}  // namespace patchbay::detail
