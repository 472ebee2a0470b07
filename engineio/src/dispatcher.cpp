// SPDX-License-Identifier: MIT
#include "dispatcher.hpp"

#include <exception>
#include <utility>

#include "admission.hpp"
#include "cors.hpp"
#include "live_session.hpp"
#include "live_websocket.hpp"
#include "revision.hpp"
#include "shard.hpp"
#include "ws_transport.hpp"

namespace patchbay::engineio {

// --- Entry points

bool Dispatcher::is_engine_request(const Exchange& exchange) const {
  const auto& request = exchange.request();
  return core_->owns_path(request.path()) && !core_->router.has_exact(request.path());
}

RequestHandler& Dispatcher::owner_of(const http::Request& request) {
  if (directory_->one_shard() || !core_->owns_path(request.path())) return *this;
  const http::Query query(request.query());
  const std::string* const session_id = query.find("sid");
  if (!session_id || session_id->empty()) return *this;
  RequestHandler* const owner = directory_->owner_of(*session_id);
  return owner ? *owner : *this;
}

void Dispatcher::on_head(const std::shared_ptr<Exchange>& exchange) {
  exchange->set_stage(Exchange::Stage::waiting);
  if (!core_->proxies.empty()) {
    exchange->set_client_address(
        core_->proxies.client_of(exchange->remote_address(), exchange->request().headers));
  }
  apply_cors(*exchange);
  if (!exchange->pending()) return;
  if (is_engine_request(*exchange)) {
    middlewares_.run(exchange);
  } else {
    exchange->set_stage(Exchange::Stage::admitted);
  }
}

// The middlewares have let the request pass, of which there may only be the head so far.
void Dispatcher::admit(const std::shared_ptr<Exchange>& exchange) {
  exchange->set_stage(Exchange::Stage::admitted);
  if (exchange->request().method == "POST") on_post_head(exchange);
  if (exchange->pending() && exchange->complete()) on_engine_request(exchange);
}

// A session has to know that a POST has begun: another one meanwhile is an error. A request with
// something else wrong is refused when it is complete.
void Dispatcher::on_post_head(const std::shared_ptr<Exchange>& exchange) {
  const auto session = session_of(*exchange);
  if (session && !check_transport(*core_, *exchange) &&
      !check_session_request(*exchange, *session)) {
    session->handle_post_head(exchange);
  }
}

// Answers a preflight.
void Dispatcher::apply_cors(Exchange& exchange) const {
  const auto& given = core_->options;
  if (!core_->owns_path(exchange.request().path())) return;
  if (!given.cors && !given.cors_delegate) return;
  try {
    if (given.cors_delegate) {
      if (const auto chosen = given.cors_delegate(exchange.info())) apply_cors(exchange, *chosen);
    } else {
      apply_cors(exchange, *given.cors);
    }
  } catch (...) {
    core_->report_exception(exchange.info(), std::current_exception());
    refuse(*core_, exchange, middleware_failure("exception in a function of CorsOptions"));
  }
}

void Dispatcher::apply_cors(Exchange& exchange, const CorsOptions& options) {
  if (options.origin.off()) return;
  const auto& request = exchange.request();
  auto& headers = exchange.common_headers();
  cors::add_headers(headers, options, request, info_for(options.origin, exchange));
  if (request.method != "OPTIONS") return;
  cors::add_preflight_headers(headers, options, request);
  if (!options.preflight_continue) exchange.respond(cors::preflight_response(options));
}

void Dispatcher::on_request(const std::shared_ptr<Exchange>& exchange) {
  exchange->set_complete();
  if (!exchange->pending() || exchange->stage() != Exchange::Stage::admitted) return;
  if (is_engine_request(*exchange)) {
    on_engine_request(exchange);
  } else if (!is_upgrade(*exchange) || !open_raw_websocket(*core_, *exchange)) {
    respond_by_router(*exchange);
  }
}

void Dispatcher::on_refused(Errc why) {
  core_->statistics.add(why);
}

// A request that no middleware has let pass leaves its session alone.
void Dispatcher::on_body_too_large(const std::shared_ptr<Exchange>& exchange) {
  const bool fresh = exchange->stage() == Exchange::Stage::fresh;
  if (fresh) apply_cors(*exchange);
  if (!exchange->pending() || !is_engine_request(*exchange)) return;
  const bool admitted = exchange->stage() == Exchange::Stage::admitted;
  if (!admitted && !core_->middlewares.empty()) return;
  const auto session = session_of(*exchange);
  if (session && !check_session_request(*exchange, *session)) {
    session->handle_post_too_large(exchange);
  }
}

void Dispatcher::on_engine_request(const std::shared_ptr<Exchange>& exchange) {
  if (const auto refusal = check_transport(*core_, *exchange)) {
    refuse(*core_, *exchange, *refusal);
    return;
  }
  if (parameter(*exchange, "sid").empty()) {
    handshaker_.start(exchange);
    return;
  }
  const auto session = session_of(*exchange);
  if (!session) {
    refuse(*core_, *exchange,
           {.code = eio::HandshakeError::session_id_unknown,
            .context = {{"sid", parameter(*exchange, "sid")}},
            .message = {}});
    return;
  }
  if (session->awaits_body_of(*exchange)) {
    session->handle_post(exchange);
    return;
  }
  if (const auto refusal = check_session_request(*exchange, *session)) {
    refuse(*core_, *exchange, *refusal);
    return;
  }
  on_session_request(exchange, *session);
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
  if (const auto refusal = check_origin(*core_, *exchange)) {
    refuse(*core_, *exchange, *refusal);
    return;
  }
  std::string leftover;
  const auto ws = open_websocket(*core_, *exchange, leftover);
  if (ws) session.attach_candidate(ws, std::move(leftover), wants_base64(exchange->query()));
}

std::shared_ptr<LiveSession> Dispatcher::session_of(const Exchange& exchange) const {
  auto session = shard_->find_session(parameter(exchange, "sid"));
  return session && session->catch_up() ? session : nullptr;
}

// --- Answers

void Dispatcher::respond_by_router(Exchange& exchange) const {
  const auto& request = exchange.request();
  const auto match = core_->router.find(request.method, request.path());
  if (!match) {
    auto response = http::make_response(404, "text/plain; charset=UTF-8", "Not found\n");
    // A client that wanted a WebSocket has no use for the connection now.
    if (is_upgrade(exchange)) response.headers.set("connection", "close");
    exchange.respond(std::move(response));
    return;
  }
  try {
    exchange.respond((*match.handler)({.info = exchange.info(),
                                       .path = request.path(),
                                       .body = request.body,
                                       .rest = match.rest}));
  } catch (...) {
    core_->report_exception(exchange.info(), std::current_exception());
    exchange.respond(
        http::make_response(500, "text/plain; charset=UTF-8", "Internal server error\n"));
  }
}

}  // namespace patchbay::engineio
