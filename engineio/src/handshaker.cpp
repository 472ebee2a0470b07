// SPDX-License-Identifier: MIT
#include "handshaker.hpp"

#include <exception>
#include <utility>

#include "admission.hpp"
#include "deferred.hpp"
#include "live_session.hpp"
#include "shard.hpp"
#include "ws_codec.hpp"
#include "ws_transport.hpp"

namespace patchbay::engineio {

namespace {

struct Verdict {
  bool allowed = false;
  std::string message;
};

// Waits for the user's allow_request.
class PendingAllow final : public AllowReply::Pending {
 public:
  PendingAllow(Shard& shard, Deferred<Verdict>::CarryOut carry_out)
      : verdict_(shard, std::move(carry_out), {}) {}
  void decide(bool allowed, std::string message) override {
    verdict_.settle({.allowed = allowed, .message = std::move(message)});
  }

 private:
  Deferred<Verdict> verdict_;
};

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

}  // namespace

std::shared_ptr<WsTransport> open_websocket(const EngineCore& core, Exchange& exchange,
                                            std::string& leftover) {
  http::Response refusal;
  auto accepted =
      ws::accept_handshake(exchange.request(), core.options.per_message_deflate, refusal);
  if (!accepted) {
    refusal.headers.set("connection", "close");
    exchange.respond(std::move(refusal));
    return nullptr;
  }
  const bool opens_session = parameter(exchange, "sid").empty();
  core.adapt_headers(accepted->response.headers, exchange, opens_session);
  auto stream = exchange.upgrade(std::move(accepted->response), leftover);
  if (!stream) return nullptr;
  return std::make_shared<WsTransport>(std::move(stream), core.options, accepted->deflate);
}

void Handshaker::start(const std::shared_ptr<Exchange>& exchange) {
  if (const auto refusal = check_handshake(*exchange)) {
    refuse(*core_, *exchange, *refusal);
    return;
  }
  if (const auto refusal = check_origin(*core_, *exchange)) {
    refuse(*core_, *exchange, *refusal);
    return;
  }
  if (core_->options.allow_request) {
    ask_for_permission(exchange);
  } else {
    complete(exchange);
  }
}

void Handshaker::ask_for_permission(const std::shared_ptr<Exchange>& exchange) {
  auto carry_out = [this, exchange](const Verdict& verdict) {
    if (verdict.allowed) {
      complete(exchange);
      return;
    }
    const auto text = verdict.message.empty()
                          ? std::string(eio::message_for(eio::HandshakeError::forbidden))
                          : verdict.message;
    refuse(
        *core_, *exchange,
        {.code = eio::HandshakeError::forbidden, .context = {{"message", text}}, .message = text});
  };
  const auto keep = exchange;  // allow_request may look at it after it has answered
  const AllowReply reply(std::make_shared<PendingAllow>(*shard_, std::move(carry_out)));
  try {
    core_->options.allow_request(exchange->info(), reply);
  } catch (const std::exception& error) {
    reply.refuse(error.what());
  }
}

void Handshaker::complete(const std::shared_ptr<Exchange>& exchange) {
  if (!exchange->pending()) return;
  // Before any WebSocket is opened: a client can read an HTTP answer, but not one inside a
  // WebSocket.
  if (const auto refusal = check_revision(*core_, *exchange)) {
    refuse(*core_, *exchange, *refusal);
  } else if (is_upgrade(*exchange)) {
    open_websocket_session(exchange);
  } else {
    open_polling_session(exchange);
  }
}

void Handshaker::open_polling_session(const std::shared_ptr<Exchange>& exchange) {
  auto session = std::make_shared<LiveSession>(*core_, *shard_, shard_->ids().next(),
                                               exchange->copy_info(), Transport::polling);
  shard_->add_session(session);
  if (core_->options.cookie) {
    exchange->common_headers().add("set-cookie",
                                   cookie_header(*core_->options.cookie, session->id()));
  }
  session->handle_poll(exchange);
  announce(session);
}

void Handshaker::open_websocket_session(const std::shared_ptr<Exchange>& exchange) {
  auto info = exchange->copy_info();
  std::string leftover;
  auto ws = open_websocket(*core_, *exchange, leftover);
  if (!ws) return;
  auto session = std::make_shared<LiveSession>(*core_, *shard_, shard_->ids().next(),
                                               std::move(info), Transport::websocket);
  shard_->add_session(session);
  announce(session);
  session->attach(std::move(ws), std::move(leftover));
}

void Handshaker::announce(const std::shared_ptr<LiveSession>& session) const {
  auto handler = core_->on_session ? core_->on_session(session) : nullptr;
  if (handler) {
    session->set_handler(std::move(handler));
  } else {
    session->close();
  }
}

}  // namespace patchbay::engineio
