// SPDX-License-Identifier: MIT
#include "dispatcher.hpp"

#include <atomic>
#include <exception>
#include <utility>

#include "cors.hpp"
#include "live_session.hpp"
#include "revision.hpp"
#include "shard.hpp"
#include "ws_codec.hpp"
#include "ws_transport.hpp"

namespace patchbay::engineio {

namespace {

std::string_view parameter(const Exchange& exchange, std::string_view name) {
  const std::string* value = exchange.query().find(name);
  return value ? std::string_view(*value) : std::string_view();
}

std::optional<Transport> transport_parameter(const Exchange& exchange) {
  const auto name = parameter(exchange, "transport");
  if (name == "polling") return Transport::polling;
  if (name == "websocket") return Transport::websocket;
  return std::nullopt;
}

bool is_upgrade(const Exchange& exchange) {
  const auto& request = exchange.request();
  const auto upgrade = request.headers.find("upgrade");
  return request.wants_upgrade && upgrade && http::list_contains(*upgrade, "websocket");
}

// The response that opens the WebSocket; none when the request does not ask for one properly, which
// has been answered then.
std::optional<ws::Handshake> accept_websocket(Exchange& exchange, const EngineOptions& options) {
  http::Response refusal;
  auto accepted = ws::accept_handshake(exchange.request(), options.per_message_deflate, refusal);
  if (accepted) return std::move(*accepted);
  refusal.headers.set("connection", "close");
  exchange.respond(std::move(refusal));
  return std::nullopt;
}

std::string cookie_header(const CookieOptions& cookie, std::string_view value) {
  std::string header = cookie.name + "=" + std::string(value);
  if (cookie.max_age) header += "; Max-Age=" + std::to_string(cookie.max_age->count());
  if (cookie.domain) header += "; Domain=" + *cookie.domain;
  if (cookie.path) header += "; Path=" + *cookie.path;
  if (cookie.http_only) header += "; HttpOnly";
  if (cookie.secure) header += "; Secure";
  if (!cookie.same_site.empty()) header += "; SameSite=" + cookie.same_site;
  return header;
}

http::Response text_response(int status, std::string_view type, std::string body) {
  http::Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.add("content-type", type);
  return response;
}

}  // namespace

// --- Entry points

bool Dispatcher::is_engine_request(const Exchange& exchange) const {
  const auto& request = exchange.request();
  return core_->owns_path(request.path()) && !core_->router.find(request.method, request.path());
}

void Dispatcher::on_head(const std::shared_ptr<Exchange>& exchange) {
  const auto& request = exchange->request();
  add_cors_headers(*exchange);
  if (core_->options.cors && core_->owns_path(request.path()) && request.method == "OPTIONS") {
    exchange->respond(cors::preflight(request, *core_->options.cors));
    return;
  }
  if (request.method != "POST" || !is_engine_request(*exchange)) return;
  // A session has to know that a POST has begun: another one meanwhile is an error. A request with
  // something else wrong is refused when it is complete.
  const auto session = session_of(*exchange);
  if (session && !check_transport(*exchange) && !check_session_request(*exchange, *session)) {
    session->handle_post_head(exchange);
  }
}

void Dispatcher::add_cors_headers(Exchange& exchange) const {
  if (core_->options.cors && core_->owns_path(exchange.request().path())) {
    cors::add_headers(exchange.common_headers(), *core_->options.cors);
  }
}

void Dispatcher::on_request(const std::shared_ptr<Exchange>& exchange) {
  if (!exchange->pending()) return;
  if (is_engine_request(*exchange)) {
    on_engine_request(exchange);
  } else {
    respond_by_router(*exchange);
  }
}

void Dispatcher::on_body_too_large(const std::shared_ptr<Exchange>& exchange) {
  add_cors_headers(*exchange);
  if (!is_engine_request(*exchange)) return;
  const auto session = session_of(*exchange);
  if (session && !check_session_request(*exchange, *session)) {
    session->handle_post_too_large(exchange);
  }
}

void Dispatcher::on_engine_request(const std::shared_ptr<Exchange>& exchange) {
  if (const auto refusal = check_transport(*exchange)) {
    refuse(*exchange, *refusal);
    return;
  }
  if (parameter(*exchange, "sid").empty()) {
    on_handshake(exchange);
    return;
  }
  const auto session = session_of(*exchange);
  if (!session) {
    refuse(*exchange, {.code = eio::HandshakeError::session_id_unknown,
                       .context = "sid: " + std::string(parameter(*exchange, "sid")),
                       .message = {}});
    return;
  }
  if (session->awaits_body_of(*exchange)) {
    session->handle_post(exchange);
    return;
  }
  if (const auto refusal = check_session_request(*exchange, *session)) {
    refuse(*exchange, *refusal);
    return;
  }
  on_session_request(exchange, *session);
}

// --- Checks

std::optional<Dispatcher::Refusal> Dispatcher::check_transport(const Exchange& exchange) const {
  const auto transport = transport_parameter(exchange);
  if (!transport || !core_->transport_enabled(*transport)) {
    return Refusal{.code = eio::HandshakeError::transport_unknown,
                   .context = "transport: " + std::string(parameter(exchange, "transport")),
                   .message = {}};
  }
  return std::nullopt;
}

// An upgrade request has to ask for websocket, and only an upgrade request can. (Node.js lets
// polling through as far as a WebSocket that closes at once.)
std::optional<Dispatcher::Refusal> Dispatcher::check_kind(const Exchange& exchange) const {
  if (is_upgrade(exchange) == (transport_parameter(exchange) == Transport::websocket)) {
    return std::nullopt;
  }
  return Refusal{.code = eio::HandshakeError::bad_request,
                 .context = "transport does not fit the kind of request",
                 .message = {}};
}

std::optional<Dispatcher::Refusal> Dispatcher::check_session_request(
    const Exchange& exchange, const LiveSession& session) const {
  if (!is_upgrade(exchange) && session.transport() != Transport::polling) {
    return Refusal{.code = eio::HandshakeError::bad_request,
                   .context = "session has left the polling transport",
                   .message = {}};
  }
  if (revision_of(exchange.query()) != session.revision()) {
    return Refusal{.code = eio::HandshakeError::bad_request,
                   .context = "revision differs from the session's",
                   .message = {}};
  }
  return check_kind(exchange);
}

std::optional<Dispatcher::Refusal> Dispatcher::check_handshake(const Exchange& exchange) const {
  if (exchange.request().method != "GET") {
    return Refusal{.code = eio::HandshakeError::bad_handshake_method,
                   .context = "method: " + exchange.request().method,
                   .message = {}};
  }
  return check_kind(exchange);
}

// --- Handshakes

// Waits for the user's allow_request, on whatever thread it decides.
class Dispatcher::PendingDecision final : public AllowReply::Pending {
 public:
  PendingDecision(Dispatcher& dispatcher, std::shared_ptr<Exchange> exchange)
      : dispatcher_(&dispatcher), exchange_(std::move(exchange)) {}
  ~PendingDecision() override { decide(false, {}); }
  PendingDecision(const PendingDecision&) = delete;
  PendingDecision& operator=(const PendingDecision&) = delete;

  void decide(bool allowed, std::string message) override {
    if (decided_.test_and_set()) return;
    auto carry_out = [dispatcher = dispatcher_, exchange = std::move(exchange_), allowed,
                      message = std::move(message)] {
      if (allowed) {
        dispatcher->complete_handshake(exchange);
      } else {
        dispatcher->refuse(*exchange, {.code = eio::HandshakeError::forbidden,
                                       .context = "refused by allow_request",
                                       .message = message});
      }
    };
    dispatcher_->shard_->dispatch(std::move(carry_out));
  }

 private:
  Dispatcher* dispatcher_;
  std::shared_ptr<Exchange> exchange_;
  std::atomic_flag decided_;
};

void Dispatcher::on_handshake(const std::shared_ptr<Exchange>& exchange) {
  if (const auto refusal = check_handshake(*exchange)) {
    refuse(*exchange, *refusal);
    return;
  }
  if (!core_->options.allow_request) {
    complete_handshake(exchange);
    return;
  }
  const AllowReply reply(std::make_shared<PendingDecision>(*this, exchange));
  try {
    core_->options.allow_request(exchange->info(), reply);
  } catch (const std::exception& error) {
    reply.refuse(error.what());
  }
}

void Dispatcher::complete_handshake(const std::shared_ptr<Exchange>& exchange) {
  if (!exchange->pending()) return;
  // Before any WebSocket is opened: a client can read an HTTP answer, but not one inside a
  // WebSocket.
  if (revision_of(exchange->query()) == 3 && !core_->options.allow_eio3) {
    refuse(*exchange, {.code = eio::HandshakeError::unsupported_protocol_version,
                       .context = "EIO: " + std::string(parameter(*exchange, "EIO")),
                       .message = {}});
  } else if (is_upgrade(*exchange)) {
    open_websocket(exchange);
  } else {
    open_polling(exchange);
  }
}

void Dispatcher::open_polling(const std::shared_ptr<Exchange>& exchange) {
  auto session = std::make_shared<LiveSession>(*core_, *shard_, shard_->ids().next(),
                                               exchange->info(), Transport::polling);
  shard_->add_session(session);
  if (core_->options.cookie) {
    exchange->common_headers().add("set-cookie",
                                   cookie_header(*core_->options.cookie, session->id()));
  }
  session->handle_poll(exchange);
  announce(session);
}

void Dispatcher::open_websocket(const std::shared_ptr<Exchange>& exchange) {
  auto accepted = accept_websocket(*exchange, core_->options);
  if (!accepted) return;
  auto info = exchange->info();
  std::string leftover;
  auto stream = exchange->upgrade(std::move(accepted->response), leftover);
  if (!stream) return;
  auto session = std::make_shared<LiveSession>(*core_, *shard_, shard_->ids().next(),
                                               std::move(info), Transport::websocket);
  shard_->add_session(session);
  auto ws = std::make_shared<WsTransport>(std::move(stream), core_->options, accepted->deflate);
  announce(session);
  session->attach(std::move(ws), std::move(leftover));
}

void Dispatcher::announce(const std::shared_ptr<LiveSession>& session) const {
  auto handler = core_->on_session ? core_->on_session(session) : nullptr;
  if (handler) {
    session->set_handler(std::move(handler));
  } else {
    session->close();
  }
}

// --- Requests of living sessions

void Dispatcher::on_session_request(const std::shared_ptr<Exchange>& exchange,
                                    LiveSession& session) {
  const std::string& method = exchange->request().method;
  if (is_upgrade(*exchange)) {
    upgrade_session(exchange, session);
  } else if (method == "GET") {
    session.handle_poll(exchange);
  } else {
    exchange->respond({.status = 500, .headers = {}, .body = {}});
  }
}

void Dispatcher::upgrade_session(const std::shared_ptr<Exchange>& exchange, LiveSession& session) {
  auto accepted = accept_websocket(*exchange, core_->options);
  if (!accepted) return;
  std::string leftover;
  auto stream = exchange->upgrade(std::move(accepted->response), leftover);
  if (!stream) return;
  session.attach_candidate(
      std::make_shared<WsTransport>(std::move(stream), core_->options, accepted->deflate),
      std::move(leftover), wants_base64(exchange->query()));
}

std::shared_ptr<LiveSession> Dispatcher::session_of(const Exchange& exchange) const {
  auto session = shard_->find_session(parameter(exchange, "sid"));
  return session && session->catch_up() ? session : nullptr;
}

// --- Answers

void Dispatcher::refuse(Exchange& exchange, const Refusal& refusal) const {
  if (!exchange.pending()) return;
  const std::string message =
      refusal.message.empty() ? std::string(eio::message_for(refusal.code)) : refusal.message;
  if (core_->on_connection_error) {
    core_->on_connection_error(
        exchange.info(), {.code = refusal.code, .message = message, .context = refusal.context});
  }
  if (is_upgrade(exchange)) {
    auto response = text_response(400, "text/html", message);
    response.headers.set("connection", "close");
    exchange.respond(std::move(response));
    return;
  }
  const int status = refusal.code == eio::HandshakeError::forbidden ? 403 : 400;
  exchange.respond(
      text_response(status, "application/json", eio::error_body(refusal.code, message)));
}

void Dispatcher::respond_by_router(Exchange& exchange) const {
  const auto& request = exchange.request();
  const HttpHandler* handler = core_->router.find(request.method, request.path());
  if (!handler) {
    exchange.respond(text_response(404, "text/plain; charset=UTF-8", "Not found\n"));
    return;
  }
  try {
    const RequestInfo info = exchange.info();
    exchange.respond((*handler)({.info = info, .path = request.path(), .body = request.body}));
  } catch (const std::exception&) {
    exchange.respond(text_response(500, "text/plain; charset=UTF-8", "Internal server error\n"));
  }
}

}  // namespace patchbay::engineio
