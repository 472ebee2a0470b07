// SPDX-License-Identifier: MIT
#pragma once

#include "patchbay/engineio/options.hpp"

namespace patchbay {

using engineio::AllowReply;
using engineio::CookieOptions;
using engineio::CorsOptions;
using engineio::RequestInfo;
using engineio::Transport;

// All options of the engine (ping_interval, ping_timeout, transports, path, cors, allow_request
// ...) and those of Socket.IO. Set what differs:
//   patchbay::ServerOptions options;
//   options.cors = patchbay::CorsOptions{.origin = "https://example.com"};
//   patchbay::Server io(options);
struct ServerOptions : engineio::EngineOptions {
  ServerOptions() { path = "/socket.io"; }

  // How long a client may take to join a first namespace.
  Millis connect_timeout{45'000};
};

}  // namespace patchbay
