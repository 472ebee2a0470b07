// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include "patchbay/protocol/value.hpp"

namespace patchbay::json {

// Reads JSON as programs write it for each other: without white space, exponents, and escapes in
// its strings. False when the text is anything else, right or wrong: that is for the complete
// reader to say, which gives the same value for what is read here, several times as slowly.
[[nodiscard]] bool read_plain(std::string_view text, std::size_t max_depth, Value& value);

}  // namespace patchbay::json
