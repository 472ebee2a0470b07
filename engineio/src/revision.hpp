// SPDX-License-Identifier: MIT
//
// What the query of a request says about the form of the packets.
#pragma once

#include <string_view>

#include "patchbay/protocol/eio/handshake.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/http/request.hpp"

namespace patchbay::engineio {

// 4 for "EIO=4"; anything else counts as 3, the revision before.
[[nodiscard]] int revision_of(const http::Query& query) noexcept;

// "b64" with any value: the client takes binary packets as base64 only.
[[nodiscard]] bool wants_base64(const http::Query& query) noexcept;

// "j": the client polls by script elements. Its value names the function to call.
[[nodiscard]] bool wants_jsonp(const http::Query& query) noexcept;
[[nodiscard]] std::string_view jsonp_index(const http::Query& query) noexcept;

// Of a session that begins with this request.
[[nodiscard]] eio::WireFormat wire_format_of(const http::Query& query,
                                             eio::Transport transport) noexcept;

}  // namespace patchbay::engineio
