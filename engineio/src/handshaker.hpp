// SPDX-License-Identifier: MIT
//
// How sessions begin: from a request without a session id to a session that the layer above knows.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "engine_core.hpp"
#include "exchange.hpp"
#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/rate.hpp"
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
// The same, with something else done to the headers of the 101.
[[nodiscard]] std::shared_ptr<WsTransport> accept_websocket(
    const EngineCore& core, Exchange& exchange, std::string& leftover,
    const std::function<void(http::Headers&)>& adapt);

// One per shard.
class Handshaker {
 public:
  Handshaker(const EngineCore& core, Shard& shard, ShardDirectory& directory);

  // The request has passed check_transport().
  void start(const std::shared_ptr<Exchange>& exchange);

 private:
  class Undecided;

  // Which limit stands against another session; Errc::none when there is none.
  [[nodiscard]] Errc find_limit();
  [[nodiscard]] std::shared_ptr<Undecided> make_undecided(Exchange& exchange);
  void refuse_for(Exchange& exchange, Errc limit) const;
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
  TokenBucket rate_;
  // Handshakes that a function of the application's has yet to decide about. Shared with those:
  // they may be decided when this is gone.
  std::shared_ptr<std::atomic<std::size_t>> undecided_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace patchbay::engineio
