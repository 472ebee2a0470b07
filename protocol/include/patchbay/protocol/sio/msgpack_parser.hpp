// SPDX-License-Identifier: MIT
//
// Packets as MessagePack: what socket.io-msgpack-parser 3 is to JavaScript. Clients have to be
// given that ("parser" in their options), or the bundle socket.io.msgpack.min.js.
//
// One binary message per packet, a map of
//   type: 0-4   data: as in packet.hpp, or absent   nsp: string   id: integer, or absent
// and of whatever else, which is ignored. Binary content stands in the data itself, so that
// Limits::attachments has no meaning here.
//
// Strictness is that of socket.io-msgpack-parser 3.0.2, and beyond it that of the default encoding
// where no client of that parser's can notice: an ack id is not negative, and an event's name is a
// string that the protocol does not keep for itself, or a number.
#pragma once

#include <memory>

#include "patchbay/protocol/sio/parser.hpp"

namespace patchbay::sio {

[[nodiscard]] std::shared_ptr<const Parser> msgpack_parser();

}  // namespace patchbay::sio
