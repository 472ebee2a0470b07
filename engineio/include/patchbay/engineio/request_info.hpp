// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "patchbay/protocol/http/request.hpp"

namespace patchbay::engineio {

// The request that opened a session, without its body. Kept as long as the session.
struct RequestInfo {
  std::string method;
  std::string url;  // the target as sent, query included
  http::Headers headers;
  http::Query query;
  // Numeric, without port: "127.0.0.1", "::1". Behind one of EngineOptions::trusted_proxies, the
  // client's address as that proxy has it.
  std::string remote_address;
  bool secure = false;  // over TLS
  std::chrono::system_clock::time_point received;
};

}  // namespace patchbay::engineio
