// SPDX-License-Identifier: MIT
//
// What all shards of an engine share, and what does not change while it runs.
#pragma once

#include <string>
#include <string_view>

#include "patchbay/engineio/engine.hpp"
#include "patchbay/protocol/eio/handshake.hpp"

namespace patchbay::engineio {

struct EngineCore {
  explicit EngineCore(EngineOptions given);

  [[nodiscard]] bool transport_enabled(Transport transport) const noexcept;
  // True for requests that belong to the engine: the path as a whole segment, and what lies below.
  [[nodiscard]] bool owns_path(std::string_view request_path) const noexcept;

  const EngineOptions options;
  const eio::SessionConfig session_config;
  const std::string path;  // with one trailing slash
  Engine::OnSession on_session;
  Engine::OnConnectionError on_connection_error;
  HttpRouter router;
};

}  // namespace patchbay::engineio
