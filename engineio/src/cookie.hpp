// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "patchbay/engineio/options.hpp"

namespace patchbay::engineio {

// The value of a Set-Cookie header (RFC 6265 section 4.1). What the syntax does not allow in a
// cookie's value is percent-encoded.
[[nodiscard]] std::string cookie_header(const CookieOptions& cookie, std::string_view value);

// What is wrong with the options, naming it; empty when nothing is.
[[nodiscard]] std::string find_cookie_fault(const CookieOptions& cookie);

}  // namespace patchbay::engineio
