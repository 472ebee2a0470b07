// SPDX-License-Identifier: MIT
//
// Result<T>: a T, or the reason why there is none. The shape follows std::expected of C++23, so
// that it can be replaced by it one day. Reasons are an Errc mostly; another type will do when its
// default value means "none".
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

#include "patchbay/protocol/error.hpp"

namespace patchbay {

template <typename T, typename E = Errc>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {   // NOLINT: implicit
    if constexpr (std::is_enum_v<E>) assert(this->error() != E());
  }

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // Precondition of the following: has_value().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // E(), which is Errc::none, when there is a value.
  [[nodiscard]] E error() const {
    const E* error = std::get_if<1>(&state_);
    return error ? *error : E();
  }

 private:
  std::variant<T, E> state_;
};

}  // namespace patchbay
