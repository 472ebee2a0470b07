// SPDX-License-Identifier: MIT
//
// The default encoding of Socket.IO packets:
//   <type>[<attachments>-][<namespace>,][<ack id>][<JSON>]   then one binary message per
//   attachment.
// Strictness is that of socket.io-parser 4.2.7, minus its accidents (a space is not a digit, ack
// ids keep all 64 bits), and an attachment has at most one place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "patchbay/protocol/sio/parser.hpp"

namespace patchbay::sio {

// Strings of the application's that are not UTF-8 are repaired.
Encoded encode(const Packet& packet);

// The same without building a Packet first: `args` are the event's arguments behind its name.
Encoded encode_event(std::string_view nsp, std::string_view name, std::span<const Value> args,
                     std::optional<std::uint64_t> id);
Encoded encode_ack(std::string_view nsp, std::uint64_t id, std::span<const Value> args);

// And without an Encoded.
void encode_event(MessageSink& out, std::string_view nsp, std::string_view name,
                  std::span<const Value> args, std::optional<std::uint64_t> id);
void encode_ack(MessageSink& out, std::string_view nsp, std::uint64_t id,
                std::span<const Value> args);

// [name, args...] as JSON, which is UTF-8. Nothing when there is binary in it, which JSON has no
// room for.
[[nodiscard]] std::optional<std::string> event_json(std::string_view name,
                                                    std::span<const Value> args);
// An event that event_json() has made, as text; with an offset behind its arguments, unless that is
// empty.
[[nodiscard]] std::string encode_json_event(std::string_view nsp, std::string_view json,
                                            std::string_view offset,
                                            std::optional<std::uint64_t> id);

// Holds memory only while a packet waits for attachments: no more than Limits::attachments
// messages.
class JsonDecoder final : public Decoder {
 public:
  // The limits must outlive the decoder.
  explicit JsonDecoder(const Limits& limits) noexcept : limits_(&limits) {}

  Result<std::optional<Packet>> on_text(std::string_view text) override;
  Result<std::optional<Packet>> on_binary(std::string_view data) override;

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

[[nodiscard]] std::shared_ptr<const Parser> json_parser();

}  // namespace patchbay::sio
