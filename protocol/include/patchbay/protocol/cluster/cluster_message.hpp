// SPDX-License-Identifier: MIT
//
// The messages of socket.io-adapter's ClusterAdapter, which the sharded adapter of
// @socket.io/redis-adapter 8 and @socket.io/redis-streams-adapter 0.3 send.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/cluster/messages.hpp"
#include "patchbay/protocol/result.hpp"

namespace patchbay::cluster {

enum class MessageType : std::uint8_t {
  initial_heartbeat = 1,
  heartbeat = 2,
  broadcast = 3,
  sockets_join = 4,
  sockets_leave = 5,
  disconnect_sockets = 6,
  fetch_sockets = 7,
  fetch_sockets_response = 8,
  server_side_emit = 9,
  server_side_emit_response = 10,
  broadcast_client_count = 11,
  broadcast_ack = 12,
  adapter_close = 13,
};

enum class Form : std::uint8_t {
  json_if_possible,  // MessagePack where there is binary
  msgpack,
};

// Who says it, and in which namespace.
struct Sender {
  std::string_view uid;
  std::string_view nsp;
};

// A whole message. Precondition: the content has a type here (ListSockets, ListRooms and their
// answers have none).
[[nodiscard]] std::string encode(const Sender& sender, const Content& content, Form form);
// A broadcast; with a request id one that wants acknowledgements.
[[nodiscard]] std::string encode_broadcast(const Sender& sender, const EventView& event,
                                           const BroadcastOptions& options,
                                           std::string_view request_id, Form form);
// Reads either form. Errors: cluster_bad_message, or what the JSON and MessagePack readers say.
[[nodiscard]] Result<Message> decode(std::string_view data);

// --- An entry of a stream: the same in four fields.

struct StreamEntry {
  std::string uid;
  std::string nsp;
  std::string type;  // decimal
  std::string data;  // JSON, or MessagePack in base64; may be empty
};

// With `only_plaintext` binary is lost.
[[nodiscard]] StreamEntry encode_entry(const Sender& sender, const Content& content,
                                       bool only_plaintext);
[[nodiscard]] StreamEntry encode_broadcast_entry(const Sender& sender, const EventView& event,
                                                 const BroadcastOptions& options,
                                                 bool only_plaintext);
[[nodiscard]] Result<Message> decode_entry(const StreamEntry& entry);

// The stream in which a namespace's messages go, of `count`: by a hash whose remainder is negative
// for some names, as the npm package has it.
[[nodiscard]] std::string stream_name(std::string_view prefix, std::string_view nsp,
                                      std::size_t count);

// "1700000000000-0". Any offset that a client names is checked by this before Redis sees it.
[[nodiscard]] bool is_entry_id(std::string_view text) noexcept;
// True when the first comes before the second. Precondition: both are entry ids.
[[nodiscard]] bool entry_before(std::string_view a, std::string_view b) noexcept;

// What is kept of a client that may come back, as value of a Redis key: MessagePack in base64.
struct StoredSession {
  std::string socket_id;
  std::string private_id;
  std::vector<std::string> rooms;
  Value data;
  // Patchbay's own; nothing to other servers. See SavedSession.
  std::string user = {};
  std::string unnamed_offset = {};
};
[[nodiscard]] std::string encode_session(const StoredSession& session);
[[nodiscard]] Result<StoredSession> decode_session(std::string_view data);

// True when an event with this target was for a socket in these rooms.
[[nodiscard]] bool is_for(const BroadcastTarget& target, const std::vector<std::string>& rooms);

}  // namespace patchbay::cluster
