// SPDX-License-Identifier: MIT
//
// Which request goes where: the user's own resources, handshakes and requests of living sessions.
#pragma once

#include <memory>

#include "engine_core.hpp"
#include "exchange.hpp"
#include "handshaker.hpp"
#include "middleware_chain.hpp"
#include "shard_directory.hpp"

namespace patchbay::engineio {

class LiveSession;
class Shard;

// One per shard.
class Dispatcher final : public RequestHandler {
 public:
  Dispatcher(const EngineCore& core, Shard& shard, ShardDirectory& directory)
      : core_(&core),
        shard_(&shard),
        directory_(&directory),
        handshaker_(core, shard, directory),
        middlewares_(core, shard, [this](const auto& exchange) { admit(exchange); }) {}

  [[nodiscard]] Shard& shard() noexcept override { return *shard_; }
  [[nodiscard]] RequestHandler& owner_of(const http::Request& request) override;
  void on_head(const std::shared_ptr<Exchange>& exchange) override;
  void on_request(const std::shared_ptr<Exchange>& exchange) override;
  void on_refused(Errc why) override;
  void on_body_too_large(const std::shared_ptr<Exchange>& exchange) override;

 private:
  [[nodiscard]] bool is_engine_request(const Exchange& exchange) const;
  void admit(const std::shared_ptr<Exchange>& exchange);
  void on_post_head(const std::shared_ptr<Exchange>& exchange);
  void on_engine_request(const std::shared_ptr<Exchange>& exchange);
  void on_session_request(const std::shared_ptr<Exchange>& exchange, LiveSession& session);
  void upgrade_session(const std::shared_ptr<Exchange>& exchange, LiveSession& session);
  void respond_by_router(Exchange& exchange) const;
  void apply_cors(Exchange& exchange) const;
  static void apply_cors(Exchange& exchange, const CorsOptions& options);
  // The session that a valid session id in the query refers to.
  [[nodiscard]] std::shared_ptr<LiveSession> session_of(const Exchange& exchange) const;

  const EngineCore* core_;
  Shard* shard_;
  const ShardDirectory* directory_;
  Handshaker handshaker_;
  MiddlewareChain middlewares_;
};

}  // namespace patchbay::engineio
