// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "../support/net_client.hpp"
#include "patchbay/server.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE("a new server may take the port of one that was closed") {
  std::uint16_t port = 0;
  for (int round = 0; round < 3; ++round) {
    Server io;
    io.on_connection(
        [](SocketPtr socket) { socket->on("ev", [](std::string text) { return text; }); });
    port = io.listen(port, "127.0.0.1");
    std::thread thread([&io] { io.run(); });
    std::optional<NetClient> client(port);
    client->join();
    client->send(R"(20["ev","payload"])");
    CHECK(client->receive() == R"(30["payload"])");
    io.close();
    CHECK_FALSE(client->receive());
    client.reset();  // else the server gives it time to say goodbye
    thread.join();
  }
}
