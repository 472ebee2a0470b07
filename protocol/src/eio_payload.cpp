// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/payload.hpp"

#include "patchbay/protocol/base64.hpp"

namespace patchbay::eio {

void append_to_payload(std::string& body, const EncodedPacket& packet) {
  if (!body.empty()) body += kPacketSeparator;
  if (packet.is_binary()) {
    body += 'b';
    base64_encode(body, packet.payload());
  } else {
    body += packet.payload();
  }
}

Result<PacketView> PayloadReader::next() {
  const std::size_t end = rest_.find(kPacketSeparator);
  const std::string_view text = rest_.substr(0, end);
  if (end == std::string_view::npos) {
    at_end_ = true;
  } else {
    rest_.remove_prefix(end + 1);
  }
  auto packet = decode_packet(text, decoded_);
  if (!packet) at_end_ = true;
  return packet;
}

}  // namespace patchbay::eio
