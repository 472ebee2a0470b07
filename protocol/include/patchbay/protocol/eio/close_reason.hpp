// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace patchbay::eio {

// Why an Engine.IO session ended. The texts are those of Node.js servers, which applications
// compare.
enum class CloseReason : std::uint8_t {
  transport_error,  // "transport error": the client broke the protocol, or a limit
  transport_close,  // "transport close": the client closed, or its connection was lost
  forced_close,     // "forced close": this side closed
  ping_timeout,     // "ping timeout": no pong in time
  parse_error,      // "parse error": a packet could not be decoded
};

[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

}  // namespace patchbay::eio
