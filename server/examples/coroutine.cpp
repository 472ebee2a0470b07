// SPDX-License-Identifier: MIT
// A handler that asks its client back before it answers.
#include <patchbay/asio.hpp>
#include <patchbay/patchbay.hpp>

int main() {
  patchbay::Server io;
  io.on_connection([](patchbay::SocketPtr socket) {
    socket->on("order", [socket = socket.get()](std::string item) -> asio::awaitable<std::string> {
      const bool sure = co_await socket->timeout(std::chrono::seconds(30))
                            .emit_with_ack<bool>("sure?", item, asio::use_awaitable);
      co_return sure ? "ordered" : "cancelled";
    });
  });
  io.listen(3000);
  io.run();
}
