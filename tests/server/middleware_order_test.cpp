// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE("middlewares that decide later keep their order") {
  Server io;
  std::string order;
  std::vector<Next> waiting;
  io.use([](SocketPtr, Next) { FAIL("not asked about another namespace"); });
  Namespace& chat = io.of("/chat");
  for (const char step : {'1', '2', '3'}) {
    chat.use([&, step](SocketPtr, Next next) {
      order += step;
      waiting.push_back(std::move(next));
    });
  }
  chat.on_connection([&](SocketPtr) { order += 'c'; });
  TestClient client(io);
  client.send("0/chat,");
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(waiting.size() == i + 1);
    CHECK(order.size() == i + 1);
    CHECK(client.received().empty());
    waiting[i]();
  }
  CHECK(order == "123c");
  CHECK(client.received().size() == 1);
}

TEST_CASE("a socket is connected, and counted, once the last middleware has let it in") {
  Server io;
  int checks = 0;
  for (int i = 0; i < 2; ++i) {
    io.use([&](SocketPtr socket, Next next) {
      CHECK_FALSE(socket->connected());
      CHECK(io.sockets().socket_count() == 0);
      ++checks;
      next();
    });
  }
  io.on_connection([&](SocketPtr socket) {
    CHECK(socket->connected());
    CHECK(io.sockets().socket_count() == 1);
    ++checks;
  });
  TestClient client(io);
  client.join();
  CHECK(checks == 3);
}
