// SPDX-License-Identifier: MIT
//
// How Socket.IO packets become Engine.IO messages, and back. Both ends have to use the same
// encoding: that of json_parser.hpp unless told otherwise.
//
// An encoding of one's own is a Parser and a Decoder; a client of such a server has to be given its
// counterpart ("parser" in the options of socket.io-client).
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

// One encoded packet: a text message, and then binary messages with nothing between them. Either
// may be absent; an empty text is no message. The text is UTF-8.
struct Encoded {
  std::string text;
  std::vector<std::string> attachments;
};

// Takes the messages of an encoded packet in their order. The views live for the call.
class MessageSink {
 public:
  // The first one, if at all: UTF-8.
  virtual void text(std::string_view data) = 0;
  virtual void binary(std::string_view data) = 0;

 protected:
  ~MessageSink() = default;
};

// Assembles packets from the messages of one connection. Whatever a client sends must end as a
// packet or an error; after an error the connection is closed and the decoder not used any more.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // A text message, which is UTF-8. The packet, or nothing while more of it has yet to come.
  virtual Result<std::optional<Packet>> on_text(std::string_view text) = 0;
  // A binary message, likewise.
  virtual Result<std::optional<Packet>> on_binary(std::string_view data) = 0;
};

// One encoding; never changes and is used by all threads at once.
class Parser {
 public:
  virtual ~Parser() = default;
  [[nodiscard]] virtual Encoded encode(const Packet& packet) const = 0;
  // The same for what is sent most, without a Packet or an Encoded: `args` are the event's
  // arguments behind its name, or those of an acknowledgement. By default they build both.
  virtual void encode_event(MessageSink& out, std::string_view nsp, std::string_view name,
                            std::span<const Value> args, std::optional<std::uint64_t> id) const;
  virtual void encode_ack(MessageSink& out, std::string_view nsp, std::uint64_t id,
                          std::span<const Value> args) const;
  // Whether its events without binary are those of encode_json_event() in json_parser.hpp.
  [[nodiscard]] virtual bool takes_json() const noexcept { return false; }
  // The limits outlive the decoder.
  [[nodiscard]] virtual std::unique_ptr<Decoder> make_decoder(const Limits& limits) const = 0;
};

}  // namespace patchbay::sio
