// SPDX-License-Identifier: MIT
//
// Any bytes: what can be read as MessagePack takes no more memory than its size allows, is written,
// is then read as the same value, and is written the same again. Likewise for packets.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "patchbay/protocol/msgpack.hpp"
#include "patchbay/protocol/sio/msgpack_parser.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "promised_packet.hpp"

namespace {

using namespace patchbay::sio;
using patchbay::append_msgpack;
using patchbay::parse_msgpack;
using patchbay::Value;
using patchbay::fuzz::has_allowed_name;
using patchbay::fuzz::has_promised_data;
using patchbay::fuzz::require;

const patchbay::Limits kLimits;

// Values that there is room for in the arrays and objects, and in what they hold.
std::size_t room_of(const Value& value) {
  std::size_t room = 0;
  if (const auto* const array = value.get_if<patchbay::Array>()) {
    room += array->capacity();
    for (const Value& item : *array) room += room_of(item);
  } else if (const auto* const object = value.get_if<patchbay::Object>()) {
    room += object->size();
    for (const auto& entry : *object) {
      require(patchbay::is_valid_utf8(entry.first));
      room += room_of(entry.second);
    }
  } else if (const auto* const text = value.get_if<std::string>()) {
    require(patchbay::is_valid_utf8(*text));
  }
  return room;
}

void check_value(std::string_view data) {
  const auto value = parse_msgpack(data, kLimits.json_depth);
  if (!value) return;
  require(room_of(*value) <= data.size());
  std::string written;
  append_msgpack(written, *value);
  const auto again = parse_msgpack(written, kLimits.json_depth);
  require(again.has_value());
  std::string twice;
  append_msgpack(twice, *again);
  require(twice == written);
}

std::optional<Packet> decode(std::string_view data) {
  const auto decoder = msgpack_parser()->make_decoder(kLimits);
  auto packet = decoder->on_binary(data);
  if (!packet) return std::nullopt;
  require(packet->has_value());  // nothing is ever awaited
  return *std::move(packet);
}

void check_packet(std::string_view data) {
  const auto packet = decode(data);
  if (!packet) return;
  require(has_promised_data(*packet) && has_allowed_name(*packet, kLimits));
  const Encoded encoded = msgpack_parser()->encode(*packet);
  require(encoded.text.empty() && encoded.attachments.size() == 1);
  const auto again = decode(encoded.attachments[0]);
  require(again && again->type == packet->type && again->nsp == packet->nsp &&
          again->id == packet->id);
  require(msgpack_parser()->encode(*again).attachments == encoded.attachments);
}

// As a string of the application's.
void check_string(std::string_view bytes) {
  std::string written;
  append_msgpack(written, Value(bytes));
  const auto value = parse_msgpack(written, 0);
  require(value && *value == Value(patchbay::replace_invalid_utf8(bytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_value(bytes);
  check_packet(bytes);
  check_string(bytes);
  return 0;
}
