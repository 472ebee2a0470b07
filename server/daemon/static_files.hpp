// SPDX-License-Identifier: MIT
#pragma once

#include "patchbay/server.hpp"

namespace patchbay::daemon {

// Serves the demo page at "/" and the client files below "/socket.io/".
void serve_assets(engineio::HttpRouter& router);

}  // namespace patchbay::daemon
