// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "patchbay/protocol/value.hpp"

namespace patchbay::json {

// The JSON number that the text begins with; empty when it begins with none.
[[nodiscard]] std::string_view leading_number(std::string_view text) noexcept;

// The value of a JSON number; nothing when no double can hold it.
[[nodiscard]] std::optional<Value> to_number(std::string_view text) noexcept;

}  // namespace patchbay::json
