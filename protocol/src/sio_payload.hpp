// SPDX-License-Identifier: MIT
//
// What the data of a packet may be, whatever its encoding.
#pragma once

#include <string_view>

#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/sio/packet.hpp"

namespace patchbay::sio {

// Whether a namespace's name has an allowed length. What is behind a '?' is not counted: for
// revision 4 it is no part of the name, and for revision 5 ConnectionMachine counts it.
[[nodiscard]] bool is_namespace(std::string_view nsp, const Limits& limits) noexcept;

// What is wrong with the data that a packet of this type has; none when it may have it.
[[nodiscard]] Errc check_payload(PacketType type, const Value& data) noexcept;

// What a packet of this type stands for when it has none.
[[nodiscard]] Value missing_payload(PacketType type);

}  // namespace patchbay::sio
