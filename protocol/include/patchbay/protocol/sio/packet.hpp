// SPDX-License-Identifier: MIT
//
// Socket.IO revision 5 packets (https://github.com/socketio/socket.io-protocol).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "patchbay/protocol/value.hpp"

namespace patchbay::sio {

// The numbers are those of the wire. Binary forms (5, 6) are an encoding detail: a decoded packet
// is an event or an ack, whether or not it carried attachments.
enum class PacketType : std::uint8_t {
  connect = 0,
  disconnect = 1,
  event = 2,
  ack = 3,
  connect_error = 4,
};

struct Packet {
  PacketType type = PacketType::event;
  std::string nsp = "/";
  std::optional<std::uint64_t> id;  // of an event that wants an ack, or of that ack
  // event: array, the name first. ack: array. connect: object or absent (null).
  // connect_error: object or string. disconnect: null.
  Value data;
};

// Event names that the protocol keeps for itself: connect, connect_error, disconnect,
// disconnecting, newListener, removeListener.
[[nodiscard]] bool is_reserved_event(std::string_view name) noexcept;

}  // namespace patchbay::sio
