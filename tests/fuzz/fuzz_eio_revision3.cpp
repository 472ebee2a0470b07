// SPDX-License-Identifier: MIT
//
// Bodies of revision 3 and of JSONP. What reads is no longer than what it was read from, and the
// messages in it write and read to the same. The first byte of the input chooses the reader.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/protocol/eio/jsonp.hpp"
#include "patchbay/protocol/eio/revision3.hpp"
#include "patchbay/protocol/json.hpp"
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

Body read(std::string_view body, bool binary) {
  Body result;
  std::size_t total = 0;
  revision3::PayloadReader reader(body, binary);
  while (!reader.at_end()) {
    const auto packet = reader.next();
    if (!packet) {
      require(reader.at_end());
      result.complete = false;
      break;
    }
    total += packet->data.size();
    require(total <= body.size());
    require(!packet->binary || packet->type == PacketType::message);
    if (packet->type != PacketType::message) continue;
    result.messages.push_back({packet->binary, std::string(packet->data)});
  }
  return result;
}

EncodedPacket encode(const Message& message, bool base64) {
  if (!message.binary) return EncodedPacket::text(PacketType::message, message.data);
  return revision3::encode_binary(EncodedPacket::binary(message.data), base64);
}

void check_body(std::string_view body, bool binary) {
  if (!binary && !is_valid_utf8(body)) return;
  const Body first = read(body, binary);
  if (first.messages.empty()) return;
  for (const bool base64 : {false, true}) {
    std::vector<EncodedPacket> packets;
    for (const Message& message : first.messages) packets.push_back(encode(message, base64));
    const std::string written = revision3::encode_payload(packets);
    const bool is_binary = revision3::is_binary_payload(written);
    require(!is_binary || !base64);
    require(is_binary || is_valid_utf8(written));
    const Body second = read(written, is_binary);
    require(second.complete && second.messages == first.messages);
  }
}

void check_text_frame(std::string_view text) {
  std::string scratch;
  const auto packet = revision3::decode_text(text, scratch);
  if (packet) require(packet->data.size() < text.size());
}

void check_binary_frame(std::string_view data) {
  const auto packet = revision3::decode_binary(data);
  if (packet) require(packet->data.size() + 1 == data.size());
}

void check_form(std::string_view form) {
  const std::string payload = jsonp::decode(form);
  require(is_valid_utf8(payload) && payload.size() <= 3 * form.size());
  if (read(payload, false).complete) require(!payload.empty());
}

// The script has one call with one JSON string, whatever the client put into index and payload.
void check_script(std::string_view input) {
  const std::size_t split = input.find('\n');
  if (split == std::string_view::npos) return;
  const std::string_view payload = input.substr(split + 1);
  const std::string script = jsonp::encode(input.substr(0, split), payload);
  require(is_valid_utf8(script) && script.find('\n') == std::string::npos);
  require(script.find("\xE2\x80\xA8") == std::string::npos);
  require(script.find("\xE2\x80\xA9") == std::string::npos);

  constexpr std::string_view kHead = "___eio[";
  constexpr std::string_view kTail = ");";
  require(script.starts_with(kHead) && script.ends_with(kTail));
  const std::size_t call = script.find_first_not_of("0123456789", kHead.size());
  require(std::string_view(script).substr(call).starts_with("]("));
  const auto argument =
      std::string_view(script).substr(call + 2, script.size() - kTail.size() - call - 2);
  const auto value = parse_json(argument, 1);
  require(value.has_value());
  const auto* const text = value->get_if<std::string>();
  require(text && *text == replace_invalid_utf8(payload));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      check_body(rest, false);
      break;
    case 1:
      check_body(rest, true);
      break;
    case 2:
      check_text_frame(rest);
      break;
    case 3:
      check_binary_frame(rest);
      break;
    case 4:
      check_form(rest);
      break;
    default:
      check_script(rest);
      break;
  }
  return 0;
}
