// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "patchbay/protocol/value.hpp"

namespace patchbay::json {

// Programs write no integer or double in more characters, exponents aside.
inline constexpr std::size_t kLongestPlainNumber = 32;

// The JSON number without exponent that the text begins with; empty when it begins with none. Cut
// off after kLongestPlainNumber characters.
[[nodiscard]] std::string_view leading_plain_number(std::string_view text) noexcept;

// The value of a JSON number; nothing when no double can hold it.
[[nodiscard]] std::optional<Value> to_number(std::string_view text) noexcept;

}  // namespace patchbay::json
