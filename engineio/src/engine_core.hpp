// SPDX-License-Identifier: MIT
//
// What all shards of an engine share, and what does not change while it runs.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/engineio/engine.hpp"
#include "patchbay/protocol/eio/handshake.hpp"
#include "tls_context.hpp"

namespace patchbay::engineio {

class Exchange;

struct EngineCore {
  explicit EngineCore(EngineOptions given);

  [[nodiscard]] bool transport_enabled(Transport transport) const noexcept;
  // True for requests that belong to the engine: the path as a whole segment, and what lies below.
  // Without add_trailing_slash, whatever begins with the path.
  void report_exception(const RequestInfo& request, std::exception_ptr exception) const {
    if (on_exception) on_exception(request, std::move(exception));
  }
  [[nodiscard]] bool owns_path(std::string_view request_path) const noexcept;

  // Calls the hooks of the application's for the headers of an answer that has some.
  void adapt_headers(http::Headers& headers, const Exchange& exchange, bool opens_session) const;

  const EngineOptions options;
  const eio::SessionConfig session_config;
  const std::string path;                       // what requests for the engine begin with
  const std::unique_ptr<const TlsContext> tls;  // null: plain text
  Engine::OnSession on_session;
  Engine::OnConnectionError on_connection_error;
  Engine::OnException on_exception;
  std::vector<EngineMiddleware> middlewares;
  HeadersHook on_initial_headers;
  HeadersHook on_headers;
  HttpRouter router;
};

}  // namespace patchbay::engineio
