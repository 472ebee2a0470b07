// SPDX-License-Identifier: MIT
//
// What polling looks like in HTTP: content types, and the answers to polls and POSTs.
#pragma once

#include <string>
#include <string_view>

#include "exchange.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio {

inline constexpr std::string_view kTextPayload = "text/plain; charset=UTF-8";
inline constexpr std::string_view kBinaryPayload = "application/octet-stream";

[[nodiscard]] bool has_binary_body(const Exchange& exchange);

[[nodiscard]] http::Response polling_response(const Exchange& exchange,
                                              std::string_view content_type, std::string body);
[[nodiscard]] http::Response bare_response(int status);

}  // namespace patchbay::engineio
