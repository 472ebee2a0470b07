// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace patchbay {

// True for well-formed UTF-8 as RFC 3629 has it: no overlong forms, surrogates, or code points
// above U+10FFFF. Vectorised (simdjson).
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

// The text with each maximal ill-formed part replaced by U+FFFD, as browsers and Node.js do.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

}  // namespace patchbay
