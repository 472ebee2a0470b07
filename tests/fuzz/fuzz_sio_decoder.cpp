// SPDX-License-Identifier: MIT
//
// Any sequence of messages from a client: what is decoded keeps its promises about types, is
// encoded again, and is then decoded to the same. The input is cut into messages at each 0xff; one
// that begins with 0xfe is binary.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "promised_packet.hpp"

namespace {

using namespace patchbay::sio;
using patchbay::Limits;
using patchbay::Value;
using patchbay::fuzz::has_allowed_name;
using patchbay::fuzz::has_promised_data;
using patchbay::fuzz::require;

const Limits kLimits;

Packet decode(const Encoded& encoded) {
  JsonDecoder decoder(kLimits);
  auto result = decoder.on_text(encoded.text);
  for (const std::string& attachment : encoded.attachments) {
    require(result && !*result);
    result = decoder.on_binary(attachment);
  }
  require(result && *result && !decoder.pending());
  return **std::move(result);
}

// An object that looks like a placeholder is only data in a text packet; next to binary content it
// would become one. Upstream's format cannot tell them apart.
bool has_false_placeholder(const Value& value) {
  if (value["_placeholder"] == Value(true)) return true;
  if (const auto* array = value.get_if<patchbay::Array>()) {
    for (const Value& item : *array) {
      if (has_false_placeholder(item)) return true;
    }
  } else if (const auto* object = value.get_if<patchbay::Object>()) {
    for (const auto& entry : *object) {
      if (has_false_placeholder(entry.second)) return true;
    }
  }
  return false;
}

void check_packet(const Packet& packet) {
  require(has_promised_data(packet));
  require(packet.nsp.starts_with('/') && has_allowed_name(packet, kLimits));
  const Encoded encoded = encode(packet);
  require(patchbay::is_valid_utf8(encoded.text));
  require(encoded.attachments.size() <= kLimits.attachments);
  if (!encoded.attachments.empty() && has_false_placeholder(packet.data)) return;
  const Packet again = decode(encoded);
  require(again.type == packet.type && again.nsp == packet.nsp && again.id == packet.id);
  // Compared by their encoding: whole doubles above 2^53 come back as integers.
  const Encoded twice = encode(again);
  require(twice.text == encoded.text && twice.attachments == encoded.attachments);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view script(reinterpret_cast<const char*>(data), size);
  JsonDecoder decoder(kLimits);
  while (!script.empty()) {
    const std::string_view message = script.substr(0, script.find('\xff'));
    script.remove_prefix(std::min(message.size() + 1, script.size()));
    const bool binary = message.starts_with('\xfe');
    if (!binary && !patchbay::is_valid_utf8(message)) return 0;
    auto packet = binary ? decoder.on_binary(message.substr(1)) : decoder.on_text(message);
    if (!packet) return 0;
    require(packet->has_value() != decoder.pending());
    if (*packet) check_packet(**packet);
  }
  return 0;
}
