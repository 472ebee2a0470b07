// SPDX-License-Identifier: MIT
#include "sio_payload.hpp"

#include <algorithm>

namespace patchbay::sio {

namespace {

bool is_event_name(const Value& name) noexcept {
  return name.is_number() || (name.is_string() && !is_reserved_event(name.as_string()));
}

Errc check_event(const Value& data) noexcept {
  const Array* const array = data.get_if<Array>();
  if (!array || array->empty()) return Errc::sio_bad_payload;
  const Value& name = array->front();
  if (is_event_name(name)) return Errc::none;
  return name.is_string() ? Errc::sio_reserved_event : Errc::sio_bad_payload;
}

}  // namespace

bool is_namespace(std::string_view nsp, const Limits& limits) noexcept {
  return std::min(nsp.find('?'), nsp.size()) <= limits.namespace_bytes;
}

Errc check_payload(PacketType type, const Value& data) noexcept {
  const auto require = [](bool ok) { return ok ? Errc::none : Errc::sio_bad_payload; };
  switch (type) {
    case PacketType::connect:
      return require(data.is_object());
    case PacketType::disconnect:
      return Errc::sio_bad_payload;
    case PacketType::event:
      return check_event(data);
    case PacketType::ack:
      return require(data.is_array());
    case PacketType::connect_error:
      return require(data.is_object() || data.is_string());
  }
  return Errc::sio_bad_payload;
}

Value missing_payload(PacketType type) {
  switch (type) {
    case PacketType::connect:
      return Object();
    case PacketType::event:
    case PacketType::ack:
      return Array();
    default:
      return {};
  }
}

}  // namespace patchbay::sio
