// SPDX-License-Identifier: MIT
//
// A chat: rooms, broadcasts to others and to all, acknowledgements by return value, socket data,
// and a goodbye.
//
//   example-chat [port]        and, in a browser's console or Node.js:
//   const socket = io("http://127.0.0.1:3000");
//   socket.emit("join", "lobby", "Ada", console.log);           // 1, the number of members
//   socket.on("message", console.log);
//   socket.emit("message", "lobby", "Hello", console.log);      // true
#include <asio/signal_set.hpp>
#include <cstdint>
#include <iostream>
#include <patchbay/patchbay.hpp>
#include <string>

int main(int argc, char** argv) {
  patchbay::ServerOptions options;
  options.cors = patchbay::CorsOptions{.origin = "*"};  // pages from anywhere may connect
  patchbay::Server io(options);

  io.on_connection([&io](patchbay::SocketPtr socket) {
    socket->on("join", [&io, socket](std::string room, std::string name, patchbay::Ack ack) {
      socket->data() = name;
      socket->join(room);
      socket->to(room).emit("joined", room, name);  // to the others
      io.in(room).fetch_sockets(
          [ack](std::error_code, std::vector<patchbay::RemoteSocket> members) {
            ack(members.size());
          });
    });
    socket->on("message", [&io, socket](std::string room, std::string text) {
      if (!socket->in_room(room)) return false;
      io.to(room).emit("message", room, socket->data(), text);  // to all, the sender included
      return true;                                              // the acknowledgement
    });
    socket->on("typing", [socket](std::string room) {
      socket->volatile_().to(room).emit("typing", room, socket->data());  // not worth a queue
    });
    socket->on("disconnecting", [socket](std::string /*reason*/) {
      for (const std::string& room : socket->rooms()) {
        socket->to(room).emit("left", room, socket->data());
      }
    });
  });

  // Ctrl-C and SIGTERM: every client hears that the server goes, then run() returns.
  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  signals.async_wait([&io](std::error_code error, int /*signal*/) {
    if (!error) io.close();
  });

  const int port = argc > 1 ? std::stoi(argv[1]) : 3000;
  const auto bound = io.listen(static_cast<std::uint16_t>(port), "127.0.0.1");
  std::cout << "listening on http://127.0.0.1:" << bound << std::endl;
  io.run();
}
