// SPDX-License-Identifier: MIT
//
// Every cap on what peers may make us hold or compute, with its reason. Sizes and counts are always
// in force; where "off" is the default, it says so and why. What happens when one is exceeded has a
// name (Errc), which is told to the client where it can be, and counted (Engine::statistics()).
#pragma once

#include <cstddef>

#include "patchbay/protocol/rate.hpp"

namespace patchbay {

struct Limits {
  // One POST body and one WebSocket message, in bytes; told to the client as `maxPayload`.
  // 1 MB is what Node.js servers announce, and clients batch their polling packets by it.
  std::size_t message_bytes = 1'000'000;

  // Request line and all header fields together. Node.js allows 16 KiB; cookies fill it.
  std::size_t http_head_bytes = std::size_t{16} * 1024;

  // Header fields in one request. Browsers send about 20.
  std::size_t http_header_count = 100;

  // Request target. Socket.IO targets are about 100 bytes plus what the user adds to the query.
  std::size_t http_target_bytes = std::size_t{8} * 1024;

  // Fragments of one WebSocket message: what `ws` allows.
  std::size_t ws_fragments = std::size_t{16} * 1024;

  // Nesting of JSON values. Deeper ones are attacks on recursive code, not data.
  std::size_t json_depth = 64;

  // Binary attachments of one Socket.IO packet: what socket.io-parser allows.
  std::size_t attachments = 10;

  // Length of a namespace name in bytes.
  std::size_t namespace_bytes = 512;

  // Namespaces that one client may have joined, or be joining, at a time.
  std::size_t namespaces_per_client = 64;

  // Rooms that one socket may be in: the application joins them, but mostly because a client asked.
  // One more closes the client's connection (sio_too_many_rooms).
  std::size_t rooms_per_socket = 10'000;

  // Acknowledgements that one socket may owe. A client that never answers must not make the server
  // remember every question; one more fails at once (ack_too_many).
  std::size_t pending_acks = 10'000;

  // Bytes that may wait to be sent to one session when the transport has taken what it can. More
  // closes the session (eio_slow_reader). What one turn of the loop emits may be kTurnBurst times
  // as much, and a single message of any size is taken by a session that has less than this
  // waiting.
  std::size_t send_queue_bytes = std::size_t{1024} * 1024;

  // The same for all sessions together, each loop having an equal part. When it is used up,
  // sessions with more than their equal share of it, at least 16 KiB, are closed (eio_send_budget),
  // and handshakes are answered 503 (limit_send_budget). A message that goes to many counts for
  // each.
  std::size_t send_budget_bytes = std::size_t{1024} * 1024 * 1024;

  // Connections in total, of whatever kind. One more is answered 503 (with TLS: closed). What the
  // process may open (ulimit -n) is mostly less.
  std::size_t connections = 1'000'000;

  // Connections from one address; 0: no limit. Off by default, since whole companies come from one
  // address, and all clients do when a proxy is in front that EngineOptions::trusted_proxies does
  // not name. One more is answered 429.
  std::size_t connections_per_address = 0;

  // Sockets of one user (Socket::set_user()) in one namespace, over all connections; 0: no limit.
  // Off by default: what a user is only the application knows. One more is refused (connect_error).
  std::size_t sockets_per_user = 0;

  // Handshakes, per loop, that wait for a function of the application's (a middleware of the
  // engine's, allow_request, generate_id). One more is answered 503.
  std::size_t handshakes_in_flight = 1'000;

  // New sessions per second, per loop; off by default. After a restart everybody comes at once, and
  // that is to be served. One more is answered 503 with Retry-After.
  Rate handshakes;

  // Messages and bytes per second that one session may send; off by default, since what is normal
  // only the application knows. kChatRate and kApiRate are ready-made. More closes the session
  // (eio_message_rate, eio_byte_rate), or is read later, see EngineOptions::rate_action.
  Rate messages;
  Rate bytes;
};

// See Limits::send_queue_bytes.
inline constexpr std::size_t kTurnBurst = 8;

// For Limits::messages. People type, and clients of a game move: bursts are normal.
inline constexpr Rate kChatRate{.per_second = 100, .burst = 200};
// Requests with an answer each.
inline constexpr Rate kApiRate{.per_second = 10, .burst = 20};

}  // namespace patchbay
