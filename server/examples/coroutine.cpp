// SPDX-License-Identifier: MIT
//
// A handler that asks its client back before it answers: a coroutine, which waits without holding
// anything up. What it returns is the acknowledgement.
//
//   example-coroutine [port]        and, in Node.js:
//   const socket = io("http://127.0.0.1:3000");
//   socket.on("sure?", (item, answer) => answer(true));
//   console.log(await socket.emitWithAck("order", "tea"));      // "ordered"
#include <asio/signal_set.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <patchbay/asio.hpp>
#include <patchbay/patchbay.hpp>
#include <string>
#include <system_error>

namespace {

constexpr std::chrono::seconds kPatience(2);

asio::awaitable<std::string> order(patchbay::SocketPtr socket, std::string item) {
  try {
    const bool sure =
        co_await socket->timeout(kPatience).emit_with_ack<bool>("sure?", item, asio::use_awaitable);
    co_return sure ? "ordered" : "cancelled";
  } catch (const std::system_error& error) {
    // The client was silent, has left, or answered with something that is not a bool.
    if (error.code() == patchbay::Errc::ack_timeout) co_return "too late";
    co_return "not understood";
  }
}

}  // namespace

int main(int argc, char** argv) {
  patchbay::Server io;
  io.on_connection([](patchbay::SocketPtr socket) {
    socket->on("order", [socket](std::string item) { return order(socket, item); });
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
