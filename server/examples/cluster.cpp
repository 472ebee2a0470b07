// SPDX-License-Identifier: MIT
//
// Several servers that are one to their clients: they find each other at a Redis. Users have as
// many devices as they like, on whatever server, and know who is there.
//
//   example-cluster [port] [redis://...]     started twice, with two ports; and, in Node.js:
//   const ada = io("http://127.0.0.1:3000", { auth: { user: "ada" } });
//   const bob = io("http://127.0.0.1:3001", { auth: { user: "bob" } });
//   bob.on("told", console.log);
//   ada.emit("tell", "bob", "hello");
//   ada.emit("who", console.log);            // ["ada", "bob"]
#include <asio/signal_set.hpp>
#include <cstdint>
#include <iostream>
#include <patchbay/patchbay.hpp>
#include <patchbay/redis/redis.hpp>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  patchbay::ServerOptions options;
  options.adapter =
      patchbay::redis::streams_adapter({.url = argc > 2 ? argv[2] : "redis://127.0.0.1:6379"});
  patchbay::Server io(options);
  patchbay::Presence presence(io.sockets());
  presence.on_join([&io](const std::string& user) { io.local().emit("joined", user); });
  presence.on_leave([&io](const std::string& user) { io.local().emit("left", user); });

  // Whoever says so is who they are: the place for a token is here.
  io.use([](patchbay::SocketPtr socket, patchbay::Next next) {
    const patchbay::Value& user = socket->handshake().auth()["user"];
    if (!user.is_string()) return next(patchbay::ConnectError{.message = "who are you?"});
    socket->set_user(user.as_string());
    next();
  });
  io.on_connection([&](patchbay::SocketPtr socket) {
    socket->on("tell", [&io, socket](std::string user, std::string text) {
      io.to_user(user).emit("told", socket->user(), text);
      return true;
    });
    socket->on("who", [&presence] { return presence.users(); });
    socket->on("where", [&presence](std::string user) { return presence.where(user).size(); });
  });

  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  signals.async_wait([&](std::error_code error, int /*signal*/) {
    if (error) return;
    presence.stop();
    io.close();
  });

  const int port = argc > 1 ? std::stoi(argv[1]) : 3000;
  const auto bound = io.listen(static_cast<std::uint16_t>(port), "127.0.0.1");
  std::cout << "listening on http://127.0.0.1:" << bound << std::endl;
  io.run();
}
