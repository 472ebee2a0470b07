// SPDX-License-Identifier: MIT
//
// Which request goes where: the user's own resources, handshakes, requests of living sessions, and
// everything that has to be refused, in the order of checks that clients of Node.js servers know.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine_core.hpp"
#include "exchange.hpp"
#include "patchbay/protocol/eio/handshake.hpp"

namespace patchbay::engineio {

class LiveSession;
class Shard;

// One per shard.
class Dispatcher final : public RequestHandler {
 public:
  Dispatcher(const EngineCore& core, Shard& shard) : core_(&core), shard_(&shard) {}

  void on_head(const std::shared_ptr<Exchange>& exchange) override;
  void on_request(const std::shared_ptr<Exchange>& exchange) override;
  void on_body_too_large(const std::shared_ptr<Exchange>& exchange) override;

 private:
  class PendingDecision;

  struct Refusal {
    eio::HandshakeError code;
    std::string context;  // for people
    std::string message;  // empty: the usual one for the code
  };

  [[nodiscard]] bool is_engine_request(const Exchange& exchange) const;
  void on_engine_request(const std::shared_ptr<Exchange>& exchange);
  void on_session_request(const std::shared_ptr<Exchange>& exchange, LiveSession& session);
  void on_handshake(const std::shared_ptr<Exchange>& exchange);
  void complete_handshake(const std::shared_ptr<Exchange>& exchange);
  void open_polling(const std::shared_ptr<Exchange>& exchange);
  void open_websocket(const std::shared_ptr<Exchange>& exchange);
  void upgrade_session(const std::shared_ptr<Exchange>& exchange, LiveSession& session);
  void respond_by_router(Exchange& exchange) const;

  [[nodiscard]] std::optional<Refusal> check_transport(const Exchange& exchange) const;
  [[nodiscard]] std::optional<Refusal> check_kind(const Exchange& exchange) const;
  [[nodiscard]] std::optional<Refusal> check_session_request(const Exchange& exchange,
                                                             const LiveSession& session) const;
  [[nodiscard]] std::optional<Refusal> check_handshake(const Exchange& exchange) const;
  void refuse(Exchange& exchange, const Refusal& refusal) const;
  void add_cors_headers(Exchange& exchange) const;

  // The session that a valid session id in the query refers to.
  [[nodiscard]] std::shared_ptr<LiveSession> session_of(const Exchange& exchange) const;
  void announce(const std::shared_ptr<LiveSession>& session) const;

  const EngineCore* core_;
  Shard* shard_;
};

}  // namespace patchbay::engineio
