// SPDX-License-Identifier: MIT
//
// What can be set for an engine. Plain values with the defaults of Node.js servers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/engineio/cors_options.hpp"
#include "patchbay/engineio/request_info.hpp"
#include "patchbay/engineio/tls_options.hpp"
#include "patchbay/protocol/eio/handshake.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/time.hpp"

namespace asio {
class io_context;
}

namespace patchbay::engineio {

using eio::Transport;

// Set-Cookie with the session id on the response that opens a polling session, for load balancers.
struct CookieOptions {
  std::string name = "io";
  std::optional<std::string> path = "/";  // std::nullopt: not sent
  bool http_only = true;
  std::string same_site = "Lax";  // "Strict", "Lax" or "None"; empty: not sent
  bool secure = false;
  std::optional<std::string> domain = {};
  std::optional<std::chrono::seconds> max_age = {};
  std::optional<std::chrono::system_clock::time_point> expires = {};
  std::string priority = {};  // "Low", "Medium" or "High"; empty: not sent
  bool partitioned = false;
};

// Compression of WebSocket messages (permessage-deflate, RFC 7692), for clients that offer it.
//
// What a connection keeps: to compress with context takeover, a deflater of
// 2^(server_max_window_bits + 2) + 2^(memory_level + 9) bytes, 256 KiB by default, from its first
// message of `threshold` on; to decompress with context takeover, 2^client_max_window_bits bytes
// and 7 KiB, 39 KiB by default, from the client's first compressed message on. Without context
// takeover it keeps nothing between messages: connections of one loop share a deflater and a few
// inflaters, and a packet that goes to many of them is compressed once per loop. So for many
// connections set both *_no_context_takeover. Whatever a message unfolds to counts against
// max_http_buffer_size.
struct PerMessageDeflateOptions {
  // Smaller packets, in bytes, are sent as they are.
  std::size_t threshold = 1024;
  // True: each message is compressed by itself, whether or not the client asks for it. Also true
  // for clients that do ask. Costs ratio with many similar small messages, saves the deflater.
  bool server_no_context_takeover = false;
  // True: the client is told to compress each message by itself. Saves the inflater.
  bool client_no_context_takeover = false;
  // The most that the server (the client) may use of earlier data, as a power of two: 8 to 15;
  // nothing: as the client offers. A client that cannot be told a limit of its own, because it does
  // not offer client_max_window_bits, gets no compression when one is set.
  std::optional<int> server_max_window_bits = {};
  std::optional<int> client_max_window_bits = {};
  // 1 (fast) to 9 (small); 0 only stores.
  int level = 6;
  // 1 to 9: the deflater's other half of memory, see above.
  int memory_level = 8;
};

// gzip or deflate for answers to polling GETs, when the client accepts one of them. A response is
// compressed if at least one of its packets allows it. Nothing is kept between responses.
struct HttpCompressionOptions {
  // Smaller bodies, in bytes, are sent as they are.
  std::size_t threshold = 1024;
  int level = 6;  // 1 (fast) to 9 (small); 0 only stores
};

// The answer to AllowRequest. May be copied, kept, and used later from any thread, as long as the
// engine exists; the first call counts. If every copy is destroyed unused, the request is refused.
class AllowReply {
 public:
  struct Pending {
    virtual ~Pending() = default;
    virtual void decide(bool allowed, std::string message) = 0;
  };
  explicit AllowReply(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

  void allow() const { pending_->decide(true, {}); }
  // The message goes to the client; empty means "Forbidden".
  void refuse(std::string message = {}) const { pending_->decide(false, std::move(message)); }

 private:
  std::shared_ptr<Pending> pending_;
};

// Asked about every handshake (requests without a session id), after all other checks but that of
// the protocol revision. Not asked again when a session upgrades.
using AllowRequest = std::function<void(const RequestInfo& request, AllowReply reply)>;

// The answer to GenerateId, in the manner of AllowReply; dropped unused, it is a failure.
class IdReply {
 public:
  struct Pending {
    virtual ~Pending() = default;
    virtual void use(std::string id) = 0;
    virtual void fail(std::string why) = 0;
  };
  explicit IdReply(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

  // One to kMaxSessionIdBytes visible ASCII characters, unique among the sessions that live; other
  // ids count as failures.
  void use(std::string id) const { pending_->use(std::move(id)); }
  // The handshake is refused: code 3, "Bad request". `why` goes to Engine::on_connection_error.
  void fail(std::string why = {}) const { pending_->fail(std::move(why)); }

 private:
  std::shared_ptr<Pending> pending_;
};

// Who is believed about a client's address when a trusted proxy is in front: never both, or clients
// could write the one that the proxy does not.
enum class ForwardedHeader : std::uint8_t {
  x_forwarded_for,  // what nginx and HAProxy are mostly told to write
  forwarded,        // RFC 7239
};

// What happens to a session that sends more than Limits::messages or Limits::bytes.
enum class RateAction : std::uint8_t {
  disconnect,  // it is closed (eio_message_rate, eio_byte_rate)
  delay,       // it is read from again when the time has come; nothing is lost
};

constexpr std::size_t kMaxSessionIdBytes = 128;
constexpr std::size_t kMaxThreads = 64;

// Makes the ids of sessions. Whoever knows a session's id can speak for its client: ids must be
// impossible to guess. Called on the loop that read the handshake; an exception is a failure. The
// reference lives for the call.
using GenerateId = std::function<void(const RequestInfo& request, IdReply reply)>;

struct EngineOptions {
  // An event loop of the application's to live on, instead of one of the engine's own. One thread
  // runs it, which may begin at any time; listen() and stop() work as always, run() is not used.
  // Outlives the engine, which is destroyed after stop() has called back or when nobody runs the
  // io_context any more.
  asio::io_context* io_context = nullptr;
  // How many event loops, each with a thread of its own, share the work: 1 to kMaxThreads. With
  // more than one, callbacks of different sessions run at the same time. Must be 1 with io_context.
  std::size_t threads = 1;
  // When set, the engine speaks TLS on every port it listens on, and nothing else: https and wss.
  std::optional<TlsOptions> tls;
  Millis ping_interval{25'000};
  Millis ping_timeout{20'000};
  Millis upgrade_timeout{10'000};
  // Pings in a row that may go unanswered before a client counts as gone, see
  // eio::SessionConfig::missed_pongs.
  std::uint32_t missed_pongs = 1;
  // Bytes of one POST body and of one WebSocket message.
  std::size_t max_http_buffer_size = 1'000'000;
  std::vector<Transport> transports{Transport::polling, Transport::websocket};
  // False: the open packet offers no upgrade.
  bool allow_upgrades = true;
  // Also serve revision 3 of the protocol, which Socket.IO clients of the 2.x line speak. A request
  // whose "EIO" is not "4" counts as one of it.
  bool allow_eio3 = false;
  // Requests below this path belong to the engine. With or without a trailing slash.
  std::string path = "/engine.io";
  // False: whatever begins with the path (taken without a trailing slash) belongs to the engine,
  // "/engine.io?EIO=4" as well as "/engine.iofoo".
  bool add_trailing_slash = true;
  // Absent: no CORS headers, and an OPTIONS request is one with a bad method.
  std::optional<CorsOptions> cors;
  // When set, asked instead of `cors`, for every request below the path.
  CorsDelegate cors_delegate;
  // When set, pages of other origins can open no session and no WebSocket (code 4): browsers do not
  // enforce CORS for WebSockets. Requests without Origin pass; they are not from a page of another
  // site, or not from a browser at all. Asked before allow_request.
  std::optional<CorsOrigin> allowed_origins;
  AllowRequest allow_request;
  std::optional<CookieOptions> cookie;
  // Nothing: no compression of WebSocket messages.
  std::optional<PerMessageDeflateOptions> per_message_deflate;
  // Nothing: no compression of polling responses.
  std::optional<HttpCompressionOptions> http_compression = HttpCompressionOptions{};
  // Sent to every client right behind the open packet, with polling in the same payload. A message:
  // EncodedPacket::text(PacketType::message, ...) or EncodedPacket::binary(...).
  eio::EncodedPacket initial_packet;
  // Absent: ids of 20 characters, 88 of their bits random.
  GenerateId generate_id;

  // How long a client may take to send the head of a request, from the first byte or the
  // connection.
  Millis http_head_timeout{20'000};
  // How long it may then take for the body.
  Millis http_body_timeout{60'000};
  // How long a connection may idle between requests. Longer than the 60 s after which common load
  // balancers close, so that it is they who close first.
  Millis http_keep_alive_timeout{65'000};
  // How long a WebSocket waits for the peer's close frame.
  Millis websocket_close_timeout{30'000};
  // While more than this waits to be sent to a client over WebSocket, nothing more is read from it:
  // whoever asks faster than it reads the answers waits for itself. Less than
  // Limits::send_queue_bytes, so that it never comes to that.
  std::size_t read_pause_bytes = std::size_t{256} * 1024;

  // Proxies whose word about a client's address is taken: addresses and networks ("10.0.0.0/8").
  // The client's is then RequestInfo::remote_address, and what Limits::connections_per_address
  // counts.
  std::vector<std::string> trusted_proxies;
  ForwardedHeader forwarded_header = ForwardedHeader::x_forwarded_for;

  Limits limits;  // message_bytes is taken from max_http_buffer_size
  RateAction rate_action = RateAction::disconnect;
};

}  // namespace patchbay::engineio
