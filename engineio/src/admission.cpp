// SPDX-License-Identifier: MIT
#include "admission.hpp"

#include <exception>
#include <utility>

#include "live_session.hpp"
#include "revision.hpp"

namespace patchbay::engineio {

namespace {

std::optional<Transport> transport_parameter(const Exchange& exchange) {
  const auto name = parameter(exchange, "transport");
  if (name == "polling") return Transport::polling;
  if (name == "websocket") return Transport::websocket;
  return std::nullopt;
}

// An upgrade request has to ask for websocket, and only an upgrade request can. (Node.js lets
// polling through as far as a WebSocket that closes at once.)
std::optional<Refusal> check_kind(const Exchange& exchange) {
  if (is_upgrade(exchange) == (transport_parameter(exchange) == Transport::websocket)) {
    return std::nullopt;
  }
  return bad_request("TRANSPORT_HANDSHAKE_ERROR");
}

}  // namespace

Refusal bad_request(std::string_view name, Object details) {
  Object context{{"name", name}};
  for (auto& [key, value] : details) context.set(key, std::move(value));
  return {.code = eio::HandshakeError::bad_request, .context = std::move(context), .message = {}};
}

namespace {

constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;

int status_of(Errc limit) noexcept {
  return limit == Errc::limit_address_connections ? kTooManyRequests : kUnavailable;
}

http::Response refusal_response(const Refusal& refusal, const std::string& message, bool upgrade) {
  const int usual = !upgrade && refusal.code == eio::HandshakeError::forbidden ? 403 : 400;
  const int status = refusal.status > 0 ? refusal.status : usual;
  auto response = upgrade ? http::make_response(status, "text/html", message)
                          : http::make_response(status, "application/json",
                                                eio::error_body(refusal.code, message));
  if (upgrade) response.headers.set("connection", "close");
  if (refusal.status > 0) response.headers.set("retry-after", "1");
  return response;
}

}  // namespace

Refusal limit_reached(Errc limit) {
  return {.code = eio::HandshakeError::forbidden,
          .context = {{"message", describe(limit)}, {"limit", label(limit)}},
          .message = std::string(describe(limit)),
          .status = status_of(limit)};
}

http::Response limit_response(Errc limit) {
  const Refusal refusal = limit_reached(limit);
  return refusal_response(refusal, refusal.message, false);
}

Refusal middleware_failure(std::string_view why) {
  return bad_request("MIDDLEWARE_FAILURE", {{"error", why}});
}

std::string_view parameter(const Exchange& exchange, std::string_view name) {
  const std::string* value = exchange.query().find(name);
  return value ? std::string_view(*value) : std::string_view();
}

bool is_upgrade(const Exchange& exchange) {
  const auto& request = exchange.request();
  const auto upgrade = request.headers.find("upgrade");
  return request.wants_upgrade && upgrade && http::list_contains(*upgrade, "websocket");
}

const RequestInfo& info_for(const CorsOrigin& origin, const Exchange& exchange) {
  static const RequestInfo kNotLookedAt;
  return origin.needs_request() ? exchange.info() : kNotLookedAt;
}

std::optional<Refusal> check_transport(const EngineCore& core, const Exchange& exchange) {
  const auto transport = transport_parameter(exchange);
  if (transport && core.transport_enabled(*transport)) return std::nullopt;
  return Refusal{.code = eio::HandshakeError::transport_unknown,
                 .context = {{"transport", parameter(exchange, "transport")}},
                 .message = {}};
}

std::optional<Refusal> check_session_request(const Exchange& exchange, const LiveSession& session) {
  if (!is_upgrade(exchange) && session.transport() != Transport::polling) {
    return bad_request("TRANSPORT_MISMATCH",
                       {{"transport", parameter(exchange, "transport")},
                        {"previousTransport", eio::to_string(session.transport())}});
  }
  const int revision = revision_of(exchange.query());
  if (revision != session.revision()) {
    return bad_request("PROTOCOL_MISMATCH",
                       {{"protocol", revision}, {"previousProtocol", session.revision()}});
  }
  return check_kind(exchange);
}

std::optional<Refusal> check_handshake(const Exchange& exchange) {
  if (exchange.request().method == "GET") return check_kind(exchange);
  return Refusal{.code = eio::HandshakeError::bad_handshake_method,
                 .context = {{"method", exchange.request().method}},
                 .message = {}};
}

std::optional<Refusal> check_origin(const EngineCore& core, const Exchange& exchange) {
  const auto& allowed = core.options.allowed_origins;
  const auto origin = exchange.request().headers.find("origin");
  if (!allowed || allowed->off() || !origin) return std::nullopt;
  std::string why = "origin not allowed";
  try {
    if (allowed->allows(*origin, info_for(*allowed, exchange))) return std::nullopt;
  } catch (...) {
    core.report_exception(exchange.info(), std::current_exception());
    why = "exception in a function of allowed_origins";
  }
  return Refusal{.code = eio::HandshakeError::forbidden,
                 .context = {{"message", std::move(why)}, {"origin", *origin}},
                 .message = {}};
}

std::optional<Refusal> check_revision(const EngineCore& core, const Exchange& exchange) {
  const int revision = revision_of(exchange.query());
  if (revision == 4 || core.options.allow_eio3) return std::nullopt;
  return Refusal{.code = eio::HandshakeError::unsupported_protocol_version,
                 .context = {{"protocol", revision}},
                 .message = {}};
}

void refuse(const EngineCore& core, Exchange& exchange, const Refusal& refusal) {
  if (!exchange.pending()) return;
  const std::string message =
      refusal.message.empty() ? std::string(eio::message_for(refusal.code)) : refusal.message;
  if (core.on_connection_error) {
    core.on_connection_error(
        exchange.info(), {.code = refusal.code, .message = message, .context = refusal.context});
  }
  exchange.respond(refusal_response(refusal, message, is_upgrade(exchange)));
}

}  // namespace patchbay::engineio
