// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

// Appends data in the standard alphabet, padded (RFC 4648 section 4).
void base64_encode(std::string& out, std::string_view data);

// Reads both the standard and the URL alphabet, with or without padding, as Node.js' Buffer does
// for Engine.IO clients. Unlike Node.js, a character outside both alphabets is an error (nullopt)
// and not skipped; so is a single trailing character, which carries no whole byte.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace patchbay
