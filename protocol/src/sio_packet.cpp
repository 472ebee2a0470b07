// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/packet.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace patchbay::sio {

namespace {

// What a 2.x client takes as the payload of type 4. It cannot read a number, which looks like an
// ack id, nor a boolean.
bool is_v4_error(const Value& data) noexcept {
  const auto* const text = data.get_if<std::string>();
  return data.is_object() || data.is_array() || (text && !text->empty());
}

Packet answer(PacketType type, std::string nsp, Value data) {
  return {.type = type, .nsp = std::move(nsp), .id = {}, .data = std::move(data)};
}

}  // namespace

Packet connect_reply(Revision revision, std::string nsp, Object data) {
  return answer(PacketType::connect, std::move(nsp),
                revision == Revision::v4 ? Value() : Value(std::move(data)));
}

Packet connect_refusal(Revision revision, std::string nsp, std::string message, Value data) {
  if (revision == Revision::v4) {
    return answer(PacketType::connect_error, std::move(nsp),
                  is_v4_error(data) ? std::move(data) : Value(std::move(message)));
  }
  Object error{{"message", std::move(message)}};
  if (!data.is_null()) error.set("data", std::move(data));
  return answer(PacketType::connect_error, std::move(nsp), std::move(error));
}

Packet invalid_namespace(std::string nsp) {
  return connect_refusal(Revision::v5, std::move(nsp), "Invalid namespace", {});
}

bool is_reserved_event(std::string_view name) noexcept {
  static constexpr std::string_view kReserved[] = {
      "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
  if (name.size() < kReserved[0].size()) return false;
  return std::ranges::find(kReserved, name) != std::end(kReserved);
}

}  // namespace patchbay::sio
