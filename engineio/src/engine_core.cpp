// SPDX-License-Identifier: MIT
#include "engine_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "cookie.hpp"
#include "exchange.hpp"

namespace patchbay::engineio {

namespace {

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

bool is_between(int low, int value, int high) {
  return low <= value && value <= high;
}

void check(const PerMessageDeflateOptions& deflate) {
  require(is_between(8, deflate.server_max_window_bits.value_or(15), 15),
          "per_message_deflate.server_max_window_bits must be 8 to 15");
  require(is_between(8, deflate.client_max_window_bits.value_or(15), 15),
          "per_message_deflate.client_max_window_bits must be 8 to 15");
  require(is_between(0, deflate.level, 9), "per_message_deflate.level must be 0 to 9");
  require(is_between(1, deflate.memory_level, 9),
          "per_message_deflate.memory_level must be 1 to 9");
}

EngineOptions checked(EngineOptions options) {
  require(options.threads >= 1 && options.threads <= kMaxThreads, "threads must be 1 to 64");
  require(options.threads == 1 || !options.io_context,
          "threads must be 1 when io_context is set: one thread runs it");
  require(options.ping_interval > Millis(0), "ping_interval must be greater than zero");
  require(options.ping_timeout > Millis(0), "ping_timeout must be greater than zero");
  require(options.upgrade_timeout > Millis(0), "upgrade_timeout must be greater than zero");
  require(options.missed_pongs >= 1, "missed_pongs must be at least 1");
  require(options.limits.send_queue_bytes > 0, "limits.send_queue_bytes must be greater than zero");
  require(options.limits.connections > 0, "limits.connections must be greater than zero");
  require(options.max_http_buffer_size > 0, "max_http_buffer_size must be greater than zero");
  require(!options.transports.empty(), "transports must name polling, websocket or both");
  require(options.path.starts_with('/'), "path must begin with '/'");
  if (options.per_message_deflate) check(*options.per_message_deflate);
  if (options.http_compression) {
    require(is_between(0, options.http_compression->level, 9),
            "http_compression.level must be 0 to 9");
  }
  if (options.initial_packet) {
    require(options.initial_packet.is_binary() || options.initial_packet.payload().starts_with('4'),
            "initial_packet must be a message");
  }
  if (options.cookie) {
    const std::string fault = find_cookie_fault(*options.cookie);
    require(fault.empty(), fault.c_str());
  }
  if (options.cors) {
    const int status = options.cors->options_success_status;
    require(status >= 200 && status <= 299, "cors.options_success_status must be from 200 to 299");
  }
  options.limits.message_bytes = options.max_http_buffer_size;
  return options;
}

eio::SessionConfig session_config_of(const EngineOptions& options) {
  eio::SessionConfig config;
  config.ping_interval = options.ping_interval;
  config.ping_timeout = options.ping_timeout;
  config.upgrade_timeout = options.upgrade_timeout;
  config.missed_pongs = options.missed_pongs;
  config.max_payload = options.max_http_buffer_size;
  return config;
}

std::string prefix_of(const EngineOptions& options) {
  std::string path = options.path;
  if (path.ends_with('/')) path.pop_back();
  return options.add_trailing_slash ? path + '/' : path;
}

}  // namespace

EngineCore::EngineCore(EngineOptions given)
    : options(checked(std::move(given))),
      session_config(session_config_of(options)),
      path(prefix_of(options)),
      proxies(options.trusted_proxies, options.forwarded_header),
      send_budget(options.limits.send_budget_bytes / options.threads),
      addresses(options.limits.connections_per_address),
      tls_(options.tls ? std::make_shared<const TlsContext>(*options.tls) : nullptr) {}

std::shared_ptr<const TlsContext> EngineCore::tls() const {
  const std::lock_guard lock(tls_mutex_);
  return tls_;
}

void EngineCore::reload_tls(const TlsOptions& tls_options) {
  auto fresh = std::make_shared<const TlsContext>(tls_options);
  const std::lock_guard lock(tls_mutex_);
  tls_ = std::move(fresh);
}

bool EngineCore::transport_enabled(Transport transport) const noexcept {
  return std::ranges::find(options.transports, transport) != options.transports.end();
}

bool EngineCore::owns_path(std::string_view request_path) const noexcept {
  return request_path.starts_with(path);
}

void EngineCore::adapt_headers(http::Headers& headers, const Exchange& exchange,
                               bool opens_session) const {
  try {
    if (opens_session && on_initial_headers) on_initial_headers(headers, exchange.info());
    if (on_headers) on_headers(headers, exchange.info());
  } catch (...) {
    report_exception(exchange.info(), std::current_exception());
  }
}

}  // namespace patchbay::engineio
