// SPDX-License-Identifier: MIT
//
// Socket.IO packets to Engine.IO messages and back, in the default (JSON) encoding:
//   <type>[<attachments>-][<namespace>,][<ack id>][<JSON>]   then one binary message per
//   attachment.
// Strictness is that of socket.io-parser 4.2.7, minus its accidents (a space is not a digit, ack
// ids keep all 64 bits), and an attachment has at most one place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/result.hpp"
#include "patchbay/protocol/sio/packet.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay::sio {

// One encoded packet: its text, then the attachments, which have to follow it as binary messages
// with nothing between them. Text that is not UTF-8 (a string of the user's) has been repaired.
struct Encoded {
  std::string text;
  std::vector<std::string> attachments;
};

Encoded encode(const Packet& packet);

// The same without building a Packet first: `args` are the event's arguments behind its name.
Encoded encode_event(std::string_view nsp, std::string_view name, std::span<const Value> args,
                     std::optional<std::uint64_t> id);
Encoded encode_ack(std::string_view nsp, std::uint64_t id, std::span<const Value> args);

// Assembles packets from the messages of one connection. Holds memory only while a packet waits
// for attachments: no more than Limits::attachments messages.
class Decoder {
 public:
  // The limits must outlive the decoder.
  explicit Decoder(const Limits& limits) noexcept : limits_(&limits) {}

  // A text message. The packet, or nothing while its attachments are still to come. After an error
  // the connection must be closed. The text must be UTF-8.
  Result<std::optional<Packet>> on_text(std::string_view text);
  // A binary message, likewise.
  Result<std::optional<Packet>> on_binary(std::string_view data);

  // True while a packet waits for attachments.
  [[nodiscard]] bool pending() const noexcept { return pending_ != nullptr; }

 private:
  struct Pending;
  struct PendingDeleter {
    void operator()(Pending* pending) const noexcept;
  };

  const Limits* limits_;
  std::unique_ptr<Pending, PendingDeleter> pending_;
};

}  // namespace patchbay::sio
