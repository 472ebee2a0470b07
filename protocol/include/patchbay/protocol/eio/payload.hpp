// SPDX-License-Identifier: MIT
//
// Bodies of Engine.IO long-polling: several packets in one HTTP body (revision 4).
#pragma once

#include <string>
#include <string_view>

#include "patchbay/protocol/eio/packet.hpp"

namespace patchbay::eio {

inline constexpr char kPacketSeparator = '\x1e';

// Appends a packet in its polling form, with a separator before it when `body` is not empty.
void append_to_payload(std::string& body, const EncodedPacket& packet);

// Walks over the packets of a POST body, one next() each. A body has at least one packet: of an
// empty body the first next() is eio_empty_packet. The body must be checked for UTF-8 before.
class PayloadReader {
 public:
  // The body must outlive the reader.
  explicit PayloadReader(std::string_view body) : rest_(body) {}

  [[nodiscard]] bool at_end() const noexcept { return at_end_; }
  // Precondition: !at_end(). After an error the reader is at its end. The view lives until the
  // following next(): base64 is decoded into a buffer of the reader.
  Result<PacketView> next();

 private:
  std::string_view rest_;
  std::string decoded_;
  bool at_end_ = false;
};

}  // namespace patchbay::eio
