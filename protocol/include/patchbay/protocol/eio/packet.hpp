// SPDX-License-Identifier: MIT
//
// Engine.IO revision 4 packets. On the wire: one type digit and text
// (https://github.com/socketio/engine.io-protocol, "Packet encoding").
//   WebSocket: a text frame per packet; a binary message is a binary frame without a digit.
//   Polling:   packets joined by 0x1e; a binary message is 'b' + base64 without a digit.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "patchbay/protocol/result.hpp"

namespace patchbay::eio {

enum class PacketType : std::uint8_t { open, close, ping, pong, message, upgrade, noop };

// A packet as received. The view lives as long as the buffer it was decoded from.
struct PacketView {
  PacketType type = PacketType::noop;
  bool binary = false;    // only for message
  std::string_view data;  // without the type digit
};

// Reads the content of a WebSocket text frame. "b" + base64 is accepted there too; its decoded
// bytes are put into `scratch`, which the view then refers to.
Result<PacketView> decode_packet(std::string_view text, std::string& scratch);

// How the packets of a session look on the wire, which the client's requests decide.
enum class WireFormat : std::uint8_t {
  revision4,
  revision3,         // binary packets as they are
  revision3_base64,  // the client takes binary packets as base64 only ("b64" in its query)
};

// A packet to send: immutable, encoded once, shared by every connection it goes to. It holds a
// complete unmasked WebSocket frame, of which the polling form is a part.
// A null handle (default-constructed) may only be assigned to, compared and destroyed.
// Handles of one packet may be copied and destroyed by several threads at once.
class EncodedPacket {
 public:
  EncodedPacket() noexcept = default;
  EncodedPacket(const EncodedPacket& other) noexcept;
  EncodedPacket(EncodedPacket&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  EncodedPacket& operator=(EncodedPacket other) noexcept;
  ~EncodedPacket() { release(); }

  // `compress`: a transport that compresses may do so with this packet.
  static EncodedPacket text(PacketType type, std::string_view data, bool compress = true);
  // A binary message.
  static EncodedPacket binary(std::string_view data, bool compress = true);
  // A text or binary frame with this payload as it is, for what the two above do not cover.
  static EncodedPacket from_parts(bool binary, std::string_view prefix, std::string_view data,
                                  bool compress);

  // Another form of a packet, for a connection with permessage-deflate: the frame has RSV1 set, and
  // `data`, what the payload was compressed to (RFC 7692 section 7.2.1), is its payload.
  static EncodedPacket deflated(bool binary, std::string_view data);

  explicit operator bool() const noexcept { return block_ != nullptr; }
  [[nodiscard]] bool is_binary() const noexcept;
  [[nodiscard]] bool compress() const noexcept;
  // Other handles of this packet exist. Only a hint when other threads have some.
  [[nodiscard]] bool is_shared() const noexcept;
  // Header and payload of the WebSocket frame.
  [[nodiscard]] std::string_view frame() const noexcept;
  // Payload of the frame: type digit and text, or the bytes of a binary message.
  [[nodiscard]] std::string_view payload() const noexcept;

 private:
  struct Block;
  static EncodedPacket make(char first_byte, std::string_view prefix, std::string_view data,
                            bool compress);
  void release() noexcept;
  Block* block_ = nullptr;
};

}  // namespace patchbay::eio
