// SPDX-License-Identifier: MIT
//
// What a socket and its namespace tell about themselves.
#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE_FIXTURE(JoinedClient, "a socket leads to its session and request, until the end") {
  REQUIRE(socket->conn() != nullptr);
  CHECK(socket->conn() == &client.session());
  CHECK(socket->conn()->id() == "session");
  CHECK(socket->request().url == "/socket.io/?EIO=4&transport=websocket&token=abc");
  CHECK(*socket->request().query.find("token") == "abc");
  CHECK(socket->connected());
  CHECK_FALSE(socket->disconnected());
  client.lose();
  CHECK(socket->conn() == nullptr);
  CHECK_FALSE(socket->connected());
  CHECK(socket->disconnected());
  CHECK(socket->request().headers.find("host") == "example.com");
}

TEST_CASE_FIXTURE(JoinedClient, "namespaces of one client share its session") {
  SocketPtr other;
  io.of("/other").on_connection([&](SocketPtr joined) { other = std::move(joined); });
  client.join("/other");
  REQUIRE(other);
  CHECK(other->conn() == socket->conn());
  CHECK(other->id() != socket->id());
}

TEST_CASE_FIXTURE(JoinedClient, "a namespace knows its sockets") {
  REQUIRE(io.sockets().sockets().size() == 1);
  CHECK(io.sockets().sockets()[0] == socket);
  CHECK(io.sockets().find_socket(id) == socket);
  CHECK(io.sockets().find_socket("unknown") == nullptr);
  CHECK(io.of("/other").sockets().empty());
  client.send("1");
  CHECK(io.sockets().sockets().empty());
  CHECK(io.sockets().find_socket(id) == nullptr);
}

TEST_CASE_FIXTURE(JoinedClient, "joining several rooms at once") {
  socket->join({"a", "b"});
  socket->join(std::vector<std::string>{"b", "c"});
  CHECK(socket->rooms() == std::vector<std::string>{id, "a", "b", "c"});
}

TEST_CASE("of() takes a connection handler along") {
  Server io;
  int connections = 0;
  io.of("/news", [&](SocketPtr) { ++connections; });
  io.of("/news", [&](SocketPtr) { ++connections; });
  TestClient client(io);
  client.join("/news");
  CHECK(connections == 2);
}

TEST_CASE_FIXTURE(JoinedClient, "a time limit of zero is over at once") {
  std::error_code outcome;
  int calls = 0;
  socket->timeout(Millis(0)).emit_with_ack("echo", 42, [&](std::error_code error, Value) {
    outcome = error;
    ++calls;
  });
  auto& loop = io.engine().loop(0).io_context();
  while (calls == 0 && loop.run_one_for(std::chrono::seconds(10)) != 0) {
  }
  CHECK(outcome == Errc::ack_timeout);
  client.send("30[42]");
  CHECK(calls == 1);
}
