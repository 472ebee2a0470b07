// SPDX-License-Identifier: MIT
#pragma once

#include "patchbay/server.hpp"

namespace patchbay::daemon {

// Serves the demo page at "/", and what it needs below "/demo/".
void serve_demo(engineio::HttpRouter& router);

}  // namespace patchbay::daemon
