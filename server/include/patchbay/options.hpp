// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "patchbay/adapter.hpp"
#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"

namespace patchbay {

using engineio::AllowReply;
using engineio::ClientCertificates;
using engineio::CookieOptions;
using engineio::CorsOptions;
using engineio::CorsOrigin;
using engineio::ForwardedHeader;
using engineio::HttpCompressionOptions;
using engineio::IdReply;
using engineio::PerMessageDeflateOptions;
using engineio::RateAction;
using engineio::RequestInfo;
using engineio::TlsOptions;
using engineio::TlsVersion;
using engineio::Transport;

// How long, and how much, is kept for clients whose connection broke. The numbers are for each
// namespace and loop. What is forgotten for one of them, a client that needs it joins anew.
struct RecoveryOptions {
  Millis max_disconnection_duration{120'000};
  // A client that comes back is not asked about again.
  bool skip_middlewares = true;
  // Sent events that are kept, and their bytes.
  std::size_t max_events = 100'000;
  std::size_t max_bytes = std::size_t{64} * 1024 * 1024;
  // Clients that may be away at a time; the one that has been longest goes first.
  std::size_t max_sessions = 100'000;
};

// How a server that is being replaced lets go of its clients.
struct DrainOptions {
  // Over which the connections are closed, evenly. The next server gets so many handshakes at a
  // time, and not all of them at once.
  Millis spread{10'000};
  // When it is over in any case: what clients have not fetched by then is lost, unless it can be
  // recovered. From the beginning, not from the end of `spread`.
  Millis deadline{30'000};
};

// All options of the engine (ping_interval, ping_timeout, transports, path, cors, allow_request
// ...) and those of Socket.IO. Set what differs:
//   patchbay::ServerOptions options;
//   options.cors = patchbay::CorsOptions{.origin = "https://example.com"};
//   patchbay::Server io(options);
struct ServerOptions : engineio::EngineOptions {
  ServerOptions() { path = "/socket.io"; }

  // How long a client may take to join a first namespace.
  Millis connect_timeout{45'000};
  // How packets are encoded. Clients need the same: sio::msgpack_parser() goes with
  // socket.io-msgpack-parser.
  std::shared_ptr<const sio::Parser> parser = sio::json_parser();
  // Makes the adapter of each namespace; by default a MemoryAdapter.
  AdapterFactory adapter;
  // Clients that lose their connection get their id, rooms, data and what they missed when they
  // come back in time. Off by default.
  std::optional<RecoveryOptions> connection_state_recovery;
  // Namespaces that came into being by a client's wish go with their last client.
  bool cleanup_empty_child_namespaces = false;
  // How many namespaces clients can bring into being by wishing for them; beyond that a wish for a
  // new one is refused. A pattern that many names match would otherwise let them fill the memory.
  std::size_t max_child_namespaces = 10'000;
  // How long a broadcast waits for acknowledgements when it does not say so itself.
  Millis broadcast_ack_timeout{5'000};
};

}  // namespace patchbay
