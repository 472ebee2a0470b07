// SPDX-License-Identifier: MIT
//
// Adapters that join this server with others over Redis or Valkey: other Patchbay servers, and
// Node.js servers with the npm packages @socket.io/redis-adapter and
// @socket.io/redis-streams-adapter, whose messages they speak byte for byte.
//
//   patchbay::ServerOptions options;
//   options.adapter = patchbay::redis::streams_adapter({.url = "redis://127.0.0.1:6379"});
//   patchbay::Server io(options);
//
// All servers of a cluster need the same kind of adapter, with the same names in its options.
// Broken connections come back by themselves; meanwhile the sockets of this process are served as
// if there were no others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "patchbay/adapter.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay::redis {

// What happens to the connection with Redis; for logs and health checks.
struct LinkEvent {
  enum class Kind : std::uint8_t { up, down };
  Kind kind;
  std::string_view server;  // host:port; lives for the call
  std::string_view reason;  // why it is down, for people; empty when up
};

struct Options {
  // redis://[[user]:password@]host[:port][/database], rediss:// for TLS.
  // What does not read as one throws std::invalid_argument where the adapter is made.
  std::string url = "redis://127.0.0.1:6379";
  // With rediss: a file with the certificates (PEM) that Redis' is checked against; empty: those
  // that the system trusts.
  std::string ca_file = {};
  // How long connecting, or an answer, may take before the connection counts as broken.
  Millis timeout{5'000};
  // Attempt n waits min(retry_limit, retry_base * 2^n + up to a second).
  Millis retry_base{100};
  Millis retry_limit{30'000};
  // Called on the first loop; by default a line on the standard error stream.
  std::function<void(const LinkEvent&)> on_link = {};
};

// As createAdapter() of @socket.io/redis-adapter 8.
struct ClassicOptions {
  std::string key = "socket.io";
  // How long other servers have to answer fetch_sockets() and server_side_emit_with_ack().
  Millis requests_timeout{5'000};
  bool publish_on_specific_response_channel = false;
};
[[nodiscard]] AdapterFactory classic_adapter(Options options = {}, ClassicOptions classic = {});

// As createShardedAdapter() of @socket.io/redis-adapter 8; needs Redis 7.
enum class SubscriptionMode : std::uint8_t { dynamic, always_all, dynamic_private };
struct ShardedOptions {
  std::string channel_prefix = "socket.io";
  // "static" is always_all here.
  SubscriptionMode subscription_mode = SubscriptionMode::dynamic;
  Millis requests_timeout{5'000};
};
[[nodiscard]] AdapterFactory sharded_adapter(Options options = {}, ShardedOptions sharded = {});

// As createAdapter() of @socket.io/redis-streams-adapter 0.3. The only one with which clients can
// recover on another server (ServerOptions::connection_state_recovery).
struct StreamsOptions {
  std::string stream_name = "socket.io";
  std::size_t stream_count = 1;
  std::string channel_prefix = "socket.io";
  bool use_sharded_pub_sub = false;
  std::size_t max_len = 10'000;  // of each stream, about
  std::size_t read_count = 100;
  Millis block_time{5'000};
  std::string session_key_prefix = "sio:session:";
  bool only_plaintext = false;
  Millis requests_timeout{5'000};
};
[[nodiscard]] AdapterFactory streams_adapter(Options options = {}, StreamsOptions streams = {});

}  // namespace patchbay::redis
