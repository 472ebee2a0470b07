// SPDX-License-Identifier: MIT
//
// Mode --socketio, several servers: what one emits to the clients of another is on its way for a
// while, and tests want to know when it has arrived.
#include <string>
#include <system_error>
#include <vector>

#include "conformance_server.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

void add_settling(Server& io) {
  io.on("settled", [](const Ack& ack) { ack(); });
  io.of("/settling").on_connection([&io](const SocketPtr& socket) {
    // A question to the servers and an event for clients: adapters send these by two ways, each of
    // which keeps its order.
    socket->on("settle", [&io, nsp = &socket->nsp()](std::string token) {
      io.server_side_emit_with_ack("settled",
                                   [nsp, token](std::error_code error, std::vector<Value>) {
                                     if (!error) nsp->emit("settled", token);
                                   });
    });
  });
}

}  // namespace patchbay::conformance
