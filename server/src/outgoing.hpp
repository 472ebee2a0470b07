// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "patchbay/engineio/session.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"

namespace patchbay {

// A Socket.IO packet ready to leave: its text and its attachments, each an Engine.IO message. Cheap
// to copy; the bytes are shared.
class Outgoing {
 public:
  explicit Outgoing(const sio::Encoded& encoded)
      : text_(eio::EncodedPacket::text(eio::PacketType::message, encoded.text)) {
    attachments_.reserve(encoded.attachments.size());
    for (const std::string& data : encoded.attachments) {
      attachments_.push_back(eio::EncodedPacket::binary(data));
    }
  }

  // [loop] All or, when the session is not open, nothing.
  void send_to(engineio::Session& session) const {
    if (!session.send(text_)) return;
    for (const auto& attachment : attachments_) session.send(attachment);
  }

 private:
  eio::EncodedPacket text_;
  std::vector<eio::EncodedPacket> attachments_;
};

}  // namespace patchbay
