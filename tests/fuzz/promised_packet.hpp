// SPDX-License-Identifier: MIT
//
// What a decoder promises about every packet that it hands out, whatever the encoding.
#pragma once

#include <cstdlib>

#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/sio/packet.hpp"

namespace patchbay::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline bool has_promised_data(const sio::Packet& packet) {
  using sio::PacketType;
  const Value& data = packet.data;
  switch (packet.type) {
    case PacketType::connect:
      return data.is_object();
    case PacketType::disconnect:
      return data.is_null();
    case PacketType::event: {
      if (!data.is_array() || data.as_array().empty()) return data.is_array();
      const Value& name = data.as_array().front();
      return name.is_number() || (name.is_string() && !sio::is_reserved_event(name.as_string()));
    }
    case PacketType::ack:
      return data.is_array();
    case PacketType::connect_error:
      return data.is_object() || data.is_string() || data.is_null();
  }
  return false;
}

// A query may follow the name.
inline bool has_allowed_name(const sio::Packet& packet, const Limits& limits) {
  return packet.nsp.substr(0, packet.nsp.find('?')).size() <= limits.namespace_bytes;
}

}  // namespace patchbay::fuzz
