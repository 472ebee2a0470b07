// SPDX-License-Identifier: MIT
//
// Engine.IO revision 3, which clients of the 2.x line speak, where it differs from revision 4
// (https://github.com/socketio/engine.io-protocol/tree/v3, "Encoding"):
//   A binary packet begins with its type as a byte, 0x04 for a message. To a client that takes no
//   binary data ("b64" in the query of its request) it is the text 'b', type digit, base64.
//   WebSocket: such a packet is a binary (text) frame.
//   Polling, text body: <length>:<packet> each, the length in UTF-16 code units.
//   Polling, binary body: 0x00 for text or 0x01 for binary, the decimal digits of the length in
//   bytes as values 0-9, 0xff, and the packet.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "patchbay/protocol/eio/packet.hpp"

namespace patchbay::eio::revision3 {

// Reads a text packet, that is the content of a WebSocket text frame. Base64 is decoded into
// `scratch`, which the view then refers to.
Result<PacketView> decode_text(std::string_view text, std::string& scratch);

// Reads a binary packet, that is the content of a WebSocket binary frame.
Result<PacketView> decode_binary(std::string_view data);

// The form that a binary message of revision 4 has here.
EncodedPacket encode_binary(const EncodedPacket& message, bool base64);

// Precondition: the packet is what encode_binary() made without base64.
EncodedPacket to_base64(const EncodedPacket& packet);

// The body of an answer to a poll: a binary one when a packet of it is binary. Those must be in the
// form of this revision.
[[nodiscard]] std::string encode_payload(std::span<const EncodedPacket> packets);

// Tells the two kinds of encode_payload() apart: a binary body begins with 0x00 or 0x01, a text
// body with a digit.
[[nodiscard]] bool is_binary_payload(std::string_view body) noexcept;

// Walks over the packets of a POST body, one next() each. A body has at least one packet: of an
// empty body the first next() is eio_empty_packet. (In a text body "0:" stands for no packet, and
// is read as a noop.)
class PayloadReader {
 public:
  // The body must outlive the reader. A text body must be checked for UTF-8 before.
  PayloadReader(std::string_view body, bool binary) : rest_(body), binary_(binary) {}

  [[nodiscard]] bool at_end() const noexcept { return at_end_; }
  // Precondition: !at_end(). After an error the reader is at its end. The view lives until the
  // following next(): base64 is decoded into a buffer of the reader.
  Result<PacketView> next();

 private:
  Result<PacketView> next_of_text();
  Result<PacketView> next_of_binary();

  std::string_view rest_;
  std::string decoded_;
  bool binary_;
  bool at_end_ = false;
};

}  // namespace patchbay::eio::revision3
