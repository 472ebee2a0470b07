// SPDX-License-Identifier: MIT
#pragma once

#include "patchbay/socket.hpp"

namespace patchbay {

// Makes Socket's constructor, which std::make_shared needs, unusable outside the library.
class Socket::Token {};

}  // namespace patchbay
