// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "patchbay/engineio/session.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/sio/parser.hpp"

namespace patchbay {

// A Socket.IO packet ready to leave: its Engine.IO messages, a text and attachments. Cheap to copy;
// the bytes are shared. Any thread, but for send_to().
class EncodedMessage {
 public:
  explicit EncodedMessage(const sio::Encoded& encoded, bool compress = true) {
    if (!encoded.text.empty()) {
      first_ = eio::EncodedPacket::text(eio::PacketType::message, encoded.text, compress);
    }
    rest_.reserve(encoded.attachments.size());
    for (const std::string& data : encoded.attachments) {
      auto packet = eio::EncodedPacket::binary(data, compress);
      if (first_) {
        rest_.push_back(std::move(packet));
      } else {
        first_ = std::move(packet);
      }
    }
  }

  // [loop] All or, when the session is not open, nothing.
  void send_to(engineio::Session& session) const {
    if (!first_ || !session.send(first_)) return;
    for (const auto& packet : rest_) session.send(packet);
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = first_ ? first_.frame().size() : 0;
    for (const auto& packet : rest_) sum += packet.frame().size();
    return sum;
  }

 private:
  eio::EncodedPacket first_;  // null when the encoding gave no message at all
  std::vector<eio::EncodedPacket> rest_;
};

}  // namespace patchbay
