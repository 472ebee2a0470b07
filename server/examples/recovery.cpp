// SPDX-License-Identifier: MIT
//
// Connection state recovery: a client whose connection breaks comes back with its id, rooms and
// data, and gets what it missed.
//
//   example-recovery [port]        and, in Node.js:
//   const socket = io("http://127.0.0.1:3000");
//   socket.on("note", console.log);
//   socket.on("connect", () => console.log(socket.id, socket.recovered));
//   socket.emit("subscribe", "weather");
//   socket.io.engine.close();      // as if the network had failed; the client connects again
//   // notes that somebody publishes meanwhile: other.emit("publish", "weather", "Rain")
#include <asio/signal_set.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <patchbay/patchbay.hpp>
#include <string>

int main(int argc, char** argv) {
  patchbay::ServerOptions options;
  options.connection_state_recovery =
      patchbay::RecoveryOptions{.max_disconnection_duration = std::chrono::minutes(2)};
  patchbay::Server io(options);

  io.on_connection([&io](patchbay::SocketPtr socket) {
    if (socket->recovered()) {
      // Rooms and data are there; the handlers below are not, they belong to the old connection.
      std::cout << socket->id() << " is back" << std::endl;
    } else {
      // A client can be given back what came after the last event it received. So send one.
      socket->emit("note", "Welcome");
    }
    socket->on("subscribe", [socket](std::string topic) {
      socket->join(topic);
      return true;
    });
    socket->on("publish", [&io](std::string topic, std::string text) {
      io.to(topic).emit("note", text);
      return true;
    });
  });

  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  signals.async_wait([&io](std::error_code error, int /*signal*/) {
    if (!error) io.close();
  });

  const int port = argc > 1 ? std::stoi(argv[1]) : 3000;
  const auto bound = io.listen(static_cast<std::uint16_t>(port), "127.0.0.1");
  std::cout << "listening on http://127.0.0.1:" << bound << std::endl;
  io.run();
}
