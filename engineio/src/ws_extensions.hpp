// SPDX-License-Identifier: MIT
//
// Which permessage-deflate a client and we agree on (RFC 7692 section 7.1), from the header
// Sec-WebSocket-Extensions. Free of I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/result.hpp"

namespace patchbay::engineio::ws {

// The largest window there is; streams of any window can be unfolded with it.
inline constexpr int kMaxWindowBits = 15;

// What was agreed on.
struct DeflateParams {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  int server_max_window_bits = kMaxWindowBits;
  int client_max_window_bits = kMaxWindowBits;

  friend bool operator==(const DeflateParams&, const DeflateParams&) = default;
};

struct DeflateAgreement {
  DeflateParams params;
  std::string answer;  // value of the response's Sec-WebSocket-Extensions
};

// Takes the first offer that can be met. One with a parameter that is unknown, doubled or has a
// value it must not have cannot (section 7.1); if no offer can, there is no agreement, and the
// connection is to go on without compression. ws_bad_handshake when the header is not of the form
// that RFC 6455 section 9.1 gives it.
Result<std::optional<DeflateAgreement>> negotiate_deflate(std::string_view header,
                                                          const PerMessageDeflateOptions& options);

}  // namespace patchbay::engineio::ws
