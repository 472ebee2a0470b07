// SPDX-License-Identifier: MIT
//
// What all shards of an engine share, and what does not change while it runs.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "address_counter.hpp"
#include "patchbay/engineio/engine.hpp"
#include "patchbay/protocol/eio/handshake.hpp"
#include "tls_context.hpp"
#include "trusted_proxies.hpp"

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

  // What new connections are encrypted by; null: they are in plain text. Any thread.
  [[nodiscard]] std::shared_ptr<const TlsContext> tls() const;
  // For connections that come from now on. Throws as TlsContext does, and changes nothing then.
  void reload_tls(const TlsOptions& tls_options);

  // Calls the hooks of the application's for the headers of an answer that has some.
  void adapt_headers(http::Headers& headers, const Exchange& exchange, bool opens_session) const;

  const EngineOptions options;
  const eio::SessionConfig session_config;
  const std::string path;  // what requests for the engine begin with
  const TrustedProxies proxies;
  const std::size_t send_budget;  // bytes per shard
  // The next two count for everybody, whatever holds this.
  mutable Statistics statistics;
  mutable AddressCounter addresses;
  Engine::OnSession on_session;
  Engine::OnConnectionError on_connection_error;
  Engine::OnException on_exception;
  std::vector<EngineMiddleware> middlewares;
  HeadersHook on_initial_headers;
  HeadersHook on_headers;
  HttpRouter router;

 private:
  mutable std::mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_;
};

}  // namespace patchbay::engineio
