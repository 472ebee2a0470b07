// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "patchbay/protocol/sio/packet.hpp"

namespace patchbay {

// Clients give these names a meaning of their own, and refuse them from a server.
inline void require_unreserved(std::string_view event) {
  if (sio::is_reserved_event(event)) {
    throw std::invalid_argument("\"" + std::string(event) + "\" is a reserved event name");
  }
}

}  // namespace patchbay
