// SPDX-License-Identifier: MIT
//
// How sessions begin: from a request without a session id to a session that the layer above knows.
#pragma once

#include <memory>
#include <string>

#include "engine_core.hpp"
#include "exchange.hpp"
#include "shard_directory.hpp"

namespace patchbay::engineio {

class LiveSession;
class Shard;
class WsTransport;
struct SessionId;

// Answers an upgrade request by 101, and takes its connection over. `leftover` is what came behind
// the request. Null when the request was no proper handshake (it has been answered then) or the
// client has left.
[[nodiscard]] std::shared_ptr<WsTransport> open_websocket(const EngineCore& core,
                                                          Exchange& exchange,
                                                          std::string& leftover);

// One per shard.
class Handshaker {
 public:
  Handshaker(const EngineCore& core, Shard& shard, ShardDirectory& directory)
      : core_(&core), shard_(&shard), directory_(&directory) {}

  // The request has passed check_transport().
  void start(const std::shared_ptr<Exchange>& exchange);

 private:
  void ask_for_permission(std::shared_ptr<Exchange> exchange);
  void complete(const std::shared_ptr<Exchange>& exchange);
  void ask_for_id(std::shared_ptr<Exchange> exchange);
  void open_session(const std::shared_ptr<Exchange>& exchange, SessionId id);
  void open_polling_session(const std::shared_ptr<Exchange>& exchange, SessionId id);
  void open_websocket_session(const std::shared_ptr<Exchange>& exchange, SessionId id);
  [[nodiscard]] std::shared_ptr<LiveSession> add_session(SessionId id, const Exchange& exchange,
                                                         Transport transport);
  void announce(const std::shared_ptr<LiveSession>& session) const;

  const EngineCore* core_;
  Shard* shard_;
  ShardDirectory* directory_;
};

}  // namespace patchbay::engineio
