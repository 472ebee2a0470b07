// SPDX-License-Identifier: MIT
//
// How an Engine.IO session begins: the reasons to refuse one, and the open packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "patchbay/protocol/time.hpp"

namespace patchbay::eio {

enum class Transport : std::uint8_t { polling, websocket };

[[nodiscard]] std::string_view to_string(Transport transport) noexcept;

// The numbers are those of the wire ("code").
enum class HandshakeError : std::uint8_t {
  transport_unknown = 0,
  session_id_unknown = 1,
  bad_handshake_method = 2,
  bad_request = 3,
  forbidden = 4,
  unsupported_protocol_version = 5,
};

// The "message" that goes with the code.
[[nodiscard]] std::string_view message_for(HandshakeError error) noexcept;

// {"code":N,"message":"..."}
[[nodiscard]] std::string error_body(HandshakeError error, std::string_view message);

// Timing and sizes of a session; one object serves all sessions of a server and outlives them.
struct SessionConfig {
  Millis ping_interval{25'000};  // from a pong (or the opening) to the next ping
  Millis ping_timeout{20'000};   // how long a pong may take
  // Pings in a row that may go unanswered, each for ping_timeout, before the client counts as gone.
  // 1 is what Node.js servers do. With 2 a client is pinged once more, which forgives networks that
  // lose a while, and takes ping_timeout longer to notice the dead. Of revision 3 it is the client
  // who pings: for it this has no meaning.
  std::uint32_t missed_pongs = 1;
  Millis upgrade_timeout{10'000};  // how long an upgrade may stay unfinished
  // While an upgrade is under way a held poll is answered by a noop this often, so that the client
  // can pause polling.
  Millis upgrade_noop_interval{100};
  // How long a closing session waits for its client to fetch (or take) what is still queued.
  Millis closing_timeout{30'000};
  std::size_t max_payload = 1'000'000;  // bytes; announced as "maxPayload"
};

// Data of the open packet, keys in upstream's order:
// {"sid","upgrades","pingInterval","pingTimeout","maxPayload"}
[[nodiscard]] std::string open_packet_data(std::string_view sid, bool offer_websocket,
                                           const SessionConfig& config);

}  // namespace patchbay::eio
