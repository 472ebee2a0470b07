// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace patchbay::engineio::ws {

// RFC 9110 section 5.6.2.
inline constexpr std::string_view kTokenChars =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of(kTokenChars) == std::string_view::npos;
}

}  // namespace patchbay::engineio::ws
