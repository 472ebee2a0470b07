// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/engineio/session.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/sio/parser.hpp"

namespace patchbay {

// A Socket.IO packet ready to leave: its Engine.IO messages, a text and attachments. Cheap to copy;
// the bytes are shared. Any thread, but for send_to().
class EncodedMessage {
 public:
  explicit EncodedMessage(const sio::Encoded& encoded, bool compress = true) {
    Sink sink(*this, compress);
    if (!encoded.text.empty()) sink.text(encoded.text);
    for (const std::string& data : encoded.attachments) sink.binary(data);
  }
  [[nodiscard]] static EncodedMessage event(const sio::Parser& parser, std::string_view nsp,
                                            std::string_view name, std::span<const Value> args,
                                            std::optional<std::uint64_t> ack_id,
                                            bool compress = true) {
    EncodedMessage message;
    Sink sink(message, compress);
    parser.encode_event(sink, nsp, name, args, ack_id);
    return message;
  }
  // See sio::encode_json_event().
  [[nodiscard]] static EncodedMessage json_event(std::string_view nsp, std::string_view json,
                                                 std::string_view offset,
                                                 std::optional<std::uint64_t> ack_id,
                                                 bool compress = true) {
    EncodedMessage message;
    Sink(message, compress).text(sio::encode_json_event(nsp, json, offset, ack_id));
    return message;
  }
  [[nodiscard]] static EncodedMessage ack(const sio::Parser& parser, std::string_view nsp,
                                          std::uint64_t id, std::span<const Value> args) {
    EncodedMessage message;
    Sink sink(message, true);
    parser.encode_ack(sink, nsp, id, args);
    return message;
  }

  // [loop] All or, when the session is not open, nothing.
  void send_to(engineio::Session& session) const& {
    if (!first_ || !session.send(first_)) return;
    for (const auto& packet : rest_) session.send(packet);
  }
  void send_to(engineio::Session& session) && {
    if (!first_ || !session.send(std::move(first_))) return;
    for (auto& packet : rest_) session.send(std::move(packet));
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = first_ ? first_.frame().size() : 0;
    for (const auto& packet : rest_) sum += packet.frame().size();
    return sum;
  }

 private:
  class Sink final : public sio::MessageSink {
   public:
    Sink(EncodedMessage& message, bool compress) noexcept
        : message_(&message), compress_(compress) {}
    void text(std::string_view data) override {
      add(eio::EncodedPacket::text(eio::PacketType::message, data, compress_));
    }
    void binary(std::string_view data) override {
      add(eio::EncodedPacket::binary(data, compress_));
    }

   private:
    void add(eio::EncodedPacket packet) {
      if (message_->first_) {
        message_->rest_.push_back(std::move(packet));
      } else {
        message_->first_ = std::move(packet);
      }
    }
    EncodedMessage* message_;
    bool compress_;
  };

  EncodedMessage() = default;

  eio::EncodedPacket first_;  // null when the encoding gave no message at all
  std::vector<eio::EncodedPacket> rest_;
};

}  // namespace patchbay
