// SPDX-License-Identifier: MIT
// A chat with one room, an acknowledgement and an upload. Try it with any Socket.IO client.
#include <patchbay/patchbay.hpp>

int main() {
  patchbay::Server io;  // in-memory, one thread, polling + WebSocket
  io.on_connection([&](patchbay::SocketPtr socket) {
    socket->join("lobby");
    socket->on("chat message",
               [&](std::string text) { io.to("lobby").emit("chat message", text); });
    socket->on("add", [](int a, int b) { return a + b; });  // a returned value is the ack
    socket->on("upload", [](patchbay::Bytes file, patchbay::Ack ack) { ack(file.size()); });
  });
  io.listen(3000);
  io.run();
}
