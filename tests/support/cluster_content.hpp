// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <variant>

#include "patchbay/protocol/cluster/messages.hpp"
#include "patchbay/protocol/result.hpp"

namespace patchbay::test {

// The content of a message, which must be of this kind.
template <typename T>
const T& only(const Result<cluster::Message>& message) {
  REQUIRE(message);
  REQUIRE(std::holds_alternative<T>(message->content));
  return std::get<T>(message->content);
}

}  // namespace patchbay::test
