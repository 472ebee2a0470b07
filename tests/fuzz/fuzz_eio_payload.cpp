// SPDX-License-Identifier: MIT
//
// Polling bodies of revision 4: what reads is no longer than what it was read from, and the
// messages in it write and read to the same. A packet reads alike alone, as in a WebSocket's text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/eio/payload.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace {

using namespace patchbay;
using namespace patchbay::eio;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Message {
  bool binary;
  std::string data;

  friend bool operator==(const Message&, const Message&) = default;
};

struct Body {
  std::vector<Message> messages;
  bool complete = true;
};

Body read(std::string_view body) {
  Body result;
  std::size_t total = 0;
  std::size_t packets = 0;
  PayloadReader reader(body);
  while (!reader.at_end()) {
    const auto packet = reader.next();
    if (!packet) {
      require(reader.at_end());
      result.complete = false;
      break;
    }
    ++packets;
    total += packet->data.size();
    require(total <= body.size());
    require(!packet->binary || packet->type == PacketType::message);
    if (packet->type != PacketType::message) continue;
    result.messages.push_back({packet->binary, std::string(packet->data)});
  }
  require(!result.complete || packets > 0);
  return result;
}

void check_alone(std::string_view packet) {
  std::string scratch;
  const auto alone = decode_packet(packet, scratch);
  if (packet.find(kPacketSeparator) != std::string_view::npos) return;
  const Body body = read(packet);
  require(alone.has_value() == body.complete);
  if (!alone || alone->type != PacketType::message) return;
  const Message expected{alone->binary, std::string(alone->data)};
  require(body.messages.size() == 1 && body.messages.front() == expected);
}

// A separator inside of a text would end it: JSON has none, since it is a control character.
bool can_be_sent(const Message& message) {
  return message.binary || message.data.find(kPacketSeparator) == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (!is_valid_utf8(body)) return 0;
  check_alone(body);
  const Body first = read(body);
  if (first.messages.empty()) return 0;
  std::string again;
  for (const Message& message : first.messages) {
    require(can_be_sent(message));
    append_to_payload(again, message.binary
                                 ? EncodedPacket::binary(message.data)
                                 : EncodedPacket::text(PacketType::message, message.data));
  }
  const Body second = read(again);
  require(second.complete && second.messages == first.messages);
  return 0;
}
