// SPDX-License-Identifier: MIT
#include "handshaker.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "admission.hpp"
#include "cookie.hpp"
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

struct GeneratedId {
  std::string id;
  std::string failure;  // empty: there is an id
};

// Waits for the user's generate_id.
class PendingId final : public IdReply::Pending {
 public:
  PendingId(Shard& shard, Deferred<GeneratedId>::CarryOut carry_out)
      : id_(shard, std::move(carry_out), {.id = {}, .failure = "no id was given"}) {}
  void use(std::string id) override { id_.settle({.id = std::move(id), .failure = {}}); }
  void fail(std::string why) override {
    id_.settle({.id = {}, .failure = why.empty() ? "no id was given" : std::move(why)});
  }

 private:
  Deferred<GeneratedId> id_;
};

// An id goes into URLs, JSON and headers.
bool is_safe_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxSessionIdBytes &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::shared_ptr<WsTransport> open_websocket(const EngineCore& core, Exchange& exchange,
                                            std::string& leftover) {
  return accept_websocket(core, exchange, leftover, [&](http::Headers& headers) {
    core.adapt_headers(headers, exchange, parameter(exchange, "sid").empty());
  });
}

std::shared_ptr<WsTransport> accept_websocket(const EngineCore& core, Exchange& exchange,
                                              std::string& leftover,
                                              const std::function<void(http::Headers&)>& adapt) {
  http::Response refusal;
  auto accepted =
      ws::accept_handshake(exchange.request(), core.options.per_message_deflate, refusal);
  if (!accepted) {
    refusal.headers.set("connection", "close");
    exchange.respond(std::move(refusal));
    return nullptr;
  }
  adapt(accepted->response.headers);
  auto stream = exchange.upgrade(std::move(accepted->response), leftover);
  if (!stream) return nullptr;
  return std::make_shared<WsTransport>(std::move(stream), core.options, accepted->deflate);
}

// --- Limits

// Goes with the function that will carry out the decision: on the shard's loop, or anywhere when
// the engine is gone.
class Handshaker::Undecided {
 public:
  explicit Undecided(std::shared_ptr<std::atomic<std::size_t>> count) : count_(std::move(count)) {
    ++*count_;
  }
  ~Undecided() { --*count_; }
  Undecided(const Undecided&) = delete;
  Undecided& operator=(const Undecided&) = delete;

 private:
  std::shared_ptr<std::atomic<std::size_t>> count_;
};

Handshaker::Handshaker(const EngineCore& core, Shard& shard, ShardDirectory& directory)
    : core_(&core),
      shard_(&shard),
      directory_(&directory),
      rate_(core.options.limits.handshakes, shard.now()) {}

Errc Handshaker::find_limit() {
  const Limits& limits = core_->options.limits;
  if (shard_->draining()) return Errc::eio_server_draining;
  if (shard_->send_budget().bytes() > core_->send_budget) return Errc::limit_send_budget;
  if (limits.handshakes.limited() && !rate_.take(limits.handshakes, shard_->now())) {
    return Errc::limit_handshake_rate;
  }
  return Errc::none;
}

void Handshaker::refuse_for(Exchange& exchange, Errc limit) const {
  core_->statistics.add(limit);
  refuse(*core_, exchange, limit_reached(limit));
}

// Null when the exchange has been refused.
std::shared_ptr<Handshaker::Undecided> Handshaker::make_undecided(Exchange& exchange) {
  if (*undecided_ < core_->options.limits.handshakes_in_flight) {
    return std::make_shared<Undecided>(undecided_);
  }
  refuse_for(exchange, Errc::limit_handshakes);
  return nullptr;
}

// --- Steps

void Handshaker::start(const std::shared_ptr<Exchange>& exchange) {
  if (const Errc limit = find_limit(); limit != Errc::none) {
    refuse_for(*exchange, limit);
    return;
  }
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

// `exchange` by value, here and below: the application's function looks at the request even when it
// has been answered, and forgotten by everyone else, meanwhile.
void Handshaker::ask_for_permission(std::shared_ptr<Exchange> exchange) {
  auto undecided = make_undecided(*exchange);
  if (!undecided) return;
  auto carry_out = [this, exchange, undecided = std::move(undecided)](const Verdict& verdict) {
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
  const AllowReply reply(std::make_shared<PendingAllow>(*shard_, std::move(carry_out)));
  try {
    core_->options.allow_request(exchange->info(), reply);
  } catch (...) {
    // The client is not told what went wrong in here.
    core_->report_exception(exchange->info(), std::current_exception());
    reply.refuse();
  }
}

void Handshaker::complete(const std::shared_ptr<Exchange>& exchange) {
  if (!exchange->pending()) return;
  // Before any WebSocket is opened: a client can read an HTTP answer, but not one inside a
  // WebSocket.
  if (const auto refusal = check_revision(*core_, *exchange)) {
    refuse(*core_, *exchange, *refusal);
  } else if (core_->options.generate_id) {
    ask_for_id(exchange);
  } else {
    open_session(exchange, {.text = shard_->ids().next(), .claim = nullptr});
  }
}

void Handshaker::ask_for_id(std::shared_ptr<Exchange> exchange) {
  auto undecided = make_undecided(*exchange);
  if (!undecided) return;
  auto carry_out = [this, exchange,
                    undecided = std::move(undecided)](const GeneratedId& generated) {
    std::string failure = generated.failure;
    if (failure.empty() && !is_safe_id(generated.id)) failure = "the id cannot be used";
    std::unique_ptr<ShardDirectory::Claim> claim;
    if (failure.empty()) {
      claim = directory_->claim(generated.id, shard_->index());
      if (!claim) failure = "the id is in use";
    }
    if (failure.empty()) {
      open_session(exchange, {.text = generated.id, .claim = std::move(claim)});
    } else {
      refuse(*core_, *exchange, bad_request("ID_GENERATION_ERROR", {{"error", failure}}));
    }
  };
  const IdReply reply(std::make_shared<PendingId>(*shard_, std::move(carry_out)));
  try {
    core_->options.generate_id(exchange->info(), reply);
  } catch (const std::exception& error) {
    reply.fail(error.what());
  } catch (...) {
    reply.fail("unknown exception");
  }
}

void Handshaker::open_session(const std::shared_ptr<Exchange>& exchange, SessionId id) {
  if (!exchange->pending()) return;
  // Connections that come directly have their place since they were accepted.
  if (exchange->behind_proxy() && core_->addresses.enabled()) {
    id.place = core_->addresses.claim(exchange->remote_address());
    if (!id.place) {
      refuse_for(*exchange, Errc::limit_address_connections);
      return;
    }
  }
  if (is_upgrade(*exchange)) {
    open_websocket_session(exchange, std::move(id));
  } else {
    open_polling_session(exchange, std::move(id));
  }
}

void Handshaker::open_polling_session(const std::shared_ptr<Exchange>& exchange, SessionId id) {
  const auto session = add_session(std::move(id), *exchange, Transport::polling);
  if (core_->options.cookie) {
    exchange->common_headers().add("set-cookie",
                                   cookie_header(*core_->options.cookie, session->id()));
  }
  session->handle_poll(exchange);
  announce(session);
}

void Handshaker::open_websocket_session(const std::shared_ptr<Exchange>& exchange, SessionId id) {
  std::string leftover;
  auto ws = open_websocket(*core_, *exchange, leftover);
  if (!ws) return;
  const auto session = add_session(std::move(id), *exchange, Transport::websocket);
  announce(session);
  session->attach(std::move(ws), std::move(leftover));
}

std::shared_ptr<LiveSession> Handshaker::add_session(SessionId id, const Exchange& exchange,
                                                     Transport transport) {
  auto place = std::move(id.place);
  auto session = std::make_shared<LiveSession>(*core_, *shard_, std::move(id), exchange, transport);
  session->hold(std::move(place));
  shard_->add_session(session);
  if (core_->options.initial_packet) session->send(core_->options.initial_packet);
  return session;
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
