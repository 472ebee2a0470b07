// SPDX-License-Identifier: MIT
//
// What happens to sockets that reach a limit, over real sockets.
#include <doctest/doctest.h>

#include <cstdint>
#include <future>
#include <string>
#include <system_error>
#include <thread>

#include "../support/net_client.hpp"
#include "patchbay/server.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE("a server whose socket joins too many rooms lets go of its client") {
  ServerOptions options;
  options.limits.rooms_per_socket = 3;
  Server io(options);
  io.on_connection([](const SocketPtr& socket) {
    socket->on("rooms", [socket = socket.get()](int count) {
      for (int i = 0; i < count; ++i) socket->join("room " + std::to_string(i));
      return count;
    });
  });
  const std::uint16_t port = io.listen(0, "127.0.0.1");
  std::thread thread([&io] { io.run(); });
  {
    NetClient client(port);
    client.join();
    client.send(R"(20["rooms",3])");
    CHECK(client.receive() == "30[3]");
    client.send(R"(21["rooms",3])");
    CHECK(client.receive() == "31[3]");
    client.send(R"(22["rooms",4])");
    CHECK(client.receive() == "32[4]");
    CHECK_FALSE(client.receive());
  }
  CHECK(io.statistics().count(Errc::sio_too_many_rooms) == 1);
  io.close();
  thread.join();
}

TEST_CASE("a client that never answers is asked so many questions at a time") {
  ServerOptions options;
  options.limits.pending_acks = 2;
  Server io(options);
  std::promise<std::error_code> third;
  io.on_connection([&third](const SocketPtr& socket) {
    for (int i = 0; i < 2; ++i) socket->emit_with_ack("question", [](std::error_code, Value) {});
    socket->emit_with_ack("question",
                          [&third](std::error_code error, Value) { third.set_value(error); });
  });
  const std::uint16_t port = io.listen(0, "127.0.0.1");
  std::thread thread([&io] { io.run(); });
  NetClient client(port);
  client.join();
  CHECK(third.get_future().get() == Errc::ack_too_many);
  CHECK(io.statistics().count(Errc::ack_too_many) == 1);
  io.close();
  thread.join();
}
