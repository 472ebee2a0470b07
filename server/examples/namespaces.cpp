// SPDX-License-Identifier: MIT
//
// A public namespace, one that asks for a token, and namespaces that come into being when a client
// wants to join them.
//
//   example-namespaces [port]        and, in Node.js:
//   io("http://127.0.0.1:3000/admin").on("connect_error", (e) => console.log(e.message, e.data));
//   const admin = io("http://127.0.0.1:3000/admin", { auth: { token: "secret" } });
//   admin.emit("announce", "Closing at six", console.log);      // true; "news" to all in "/"
//   io("http://127.0.0.1:3000/project-7").on("hello", console.log);
#include <asio/signal_set.hpp>
#include <cstdint>
#include <iostream>
#include <patchbay/patchbay.hpp>
#include <regex>
#include <string>

namespace {

// A middleware: it calls next() once, now or later, with or without an error.
void require_token(const patchbay::SocketPtr& socket, const patchbay::Next& next) {
  if (socket->handshake().auth()["token"] == patchbay::Value("secret")) {
    socket->data() = patchbay::Object{{"role", "admin"}};
    return next();
  }
  next(patchbay::ConnectError{.message = "unauthorized", .data = patchbay::Object{{"code", 401}}});
}

}  // namespace

int main(int argc, char** argv) {
  patchbay::Server io;

  io.of("/admin").use(require_token).on_connection([&io](patchbay::SocketPtr socket) {
    socket->on("announce", [&io](std::string text) {
      io.emit("news", text);  // to everyone in "/"
      return true;
    });
  });

  // What is set up here is every such namespace's.
  io.of(std::regex("^/project-[0-9]+$")).on_connection([](patchbay::SocketPtr socket) {
    socket->emit("hello", socket->nsp().name());
    socket->on("say", [socket](std::string text) {
      socket->nsp().emit("said", text);  // to everyone in this project
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
