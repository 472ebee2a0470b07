// SPDX-License-Identifier: MIT
//
// Socket.IO packets of revision 5 (https://github.com/socketio/socket.io-protocol) and 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "patchbay/protocol/value.hpp"

namespace patchbay::sio {

// Which Socket.IO protocol a client speaks. Revision 4 is that of clients of the 2.x line, which
// use revision 3 of Engine.IO; it differs only in how namespaces are joined.
enum class Revision : std::uint8_t { v4 = 4, v5 = 5 };

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

// The answers to a CONNECT, as a client of the revision expects them.

// `data` ("sid", and "pid" with recovery) is for revision 5: clients of revision 4 derive their id
// from that of the session, and get no data.
[[nodiscard]] Packet connect_reply(Revision revision, std::string nsp, Object data);

// The refusal by a middleware. Revision 5: an object of the message and, when it is not null, the
// data. Revision 4: the data alone when there is some that its clients can read (an object, an
// array, or text that is not empty), else the message.
[[nodiscard]] Packet connect_refusal(Revision revision, std::string nsp, std::string message,
                                     Value data);

// There is no such namespace: the same object for both revisions.
[[nodiscard]] Packet invalid_namespace(std::string nsp);

// Event names that the protocol keeps for itself: connect, connect_error, disconnect,
// disconnecting, newListener, removeListener.
[[nodiscard]] bool is_reserved_event(std::string_view name) noexcept;

}  // namespace patchbay::sio
