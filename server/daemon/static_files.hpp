// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "patchbay/server.hpp"

namespace patchbay::daemon {

// The best of "br", "gzip" and "deflate" (in this order, when the client does not mind) that an
// Accept-Encoding header allows; nothing when the content has to go as it is.
[[nodiscard]] std::optional<std::string_view> choose_encoding(std::string_view accept_encoding);

// Serves the demo page at "/" and the client files below "/socket.io/".
void serve_assets(engineio::HttpRouter& router);

}  // namespace patchbay::daemon
