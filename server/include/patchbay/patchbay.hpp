// SPDX-License-Identifier: MIT
//
// All of Patchbay but what needs Asio's headers (patchbay/asio.hpp: coroutines, completion tokens).
#pragma once

#include "patchbay/ack.hpp"                          // IWYU pragma: export
#include "patchbay/adapter.hpp"                      // IWYU pragma: export
#include "patchbay/broadcast.hpp"                    // IWYU pragma: export
#include "patchbay/convert.hpp"                      // IWYU pragma: export
#include "patchbay/event_schemas.hpp"                // IWYU pragma: export
#include "patchbay/idempotency.hpp"                  // IWYU pragma: export
#include "patchbay/namespace.hpp"                    // IWYU pragma: export
#include "patchbay/options.hpp"                      // IWYU pragma: export
#include "patchbay/presence.hpp"                     // IWYU pragma: export
#include "patchbay/protocol/sio/msgpack_parser.hpp"  // IWYU pragma: export
#include "patchbay/remote_socket.hpp"                // IWYU pragma: export
#include "patchbay/room_sequence.hpp"                // IWYU pragma: export
#include "patchbay/server.hpp"                       // IWYU pragma: export
#include "patchbay/socket.hpp"                       // IWYU pragma: export
#include "patchbay/value.hpp"                        // IWYU pragma: export
