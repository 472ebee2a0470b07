// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "../support/dummy_session.hpp"
#include "patchbay/socket.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// Writes down how the socket leaves.
void log_leaving(const SocketPtr& socket, Packets& log) {
  for (const char* event : {"disconnecting", "disconnect"}) {
    socket->on(event, [event, &log, &socket = *socket](std::string reason, std::string detail) {
      log.push_back(std::string(event) + "|" + reason + "|" + detail + "|" +
                    std::to_string(socket.rooms().size()) + (socket.connected() ? "|in" : "|out"));
    });
  }
}

}  // namespace

TEST_CASE_FIXTURE(JoinedClient, "disconnecting still sees the rooms, disconnect does not") {
  Packets log;
  log_leaving(socket, log);
  socket->join("room");

  SUBCASE("the client leaves the namespace") {
    client.send("1");
    CHECK(log == Packets{"disconnecting|client namespace disconnect||2|in",
                         "disconnect|client namespace disconnect||0|out"});
    CHECK(client.open());
    CHECK(client.received().empty());
  }
  SUBCASE("the server has it leave the namespace") {
    socket->disconnect();
    CHECK(log == Packets{"disconnecting|server namespace disconnect||2|in",
                         "disconnect|server namespace disconnect||0|out"});
    CHECK(client.open());
    CHECK(client.received() == Packets{"1"});
  }
  SUBCASE("the server closes the connection") {
    socket->disconnect(true);
    CHECK(log == Packets{"disconnecting|server namespace disconnect||2|in",
                         "disconnect|server namespace disconnect||0|out"});
    CHECK_FALSE(client.open());
    CHECK(client.received() == Packets{"1"});
  }
  SUBCASE("the connection breaks") {
    client.lose(eio::CloseReason::ping_timeout, Errc::eio_pong_missing);
    const std::string detail(describe(Errc::eio_pong_missing));
    CHECK(log == Packets{"disconnecting|ping timeout|" + detail + "|2|in",
                         "disconnect|ping timeout|" + detail + "|0|out"});
  }
  SUBCASE("the server shuts down, of which no packet tells") {
    io.close();
    CHECK(log == Packets{"disconnecting|server shutting down||2|in",
                         "disconnect|server shutting down||0|out"});
    CHECK(client.received().empty());
  }
  CHECK(io.sockets().socket_count() == 0);
  io.to("room").emit("late");
  CHECK(client.received().empty());
}

TEST_CASE_FIXTURE(JoinedClient, "every way out may be taken from inside a handler, once") {
  Packets log;
  log_leaving(socket, log);
  int later = 0;

  SUBCASE("disconnect in an event handler") {
    socket->on("e", [this](Ack ack) {
      socket->disconnect();
      ack("too late");
    });
    socket->on("e", [&] { ++later; });
    CHECK(answer(R"(20["e"])") == Packets{"1"});
    CHECK(later == 1);
    CHECK(log.size() == 2);
    CHECK(client.open());
  }
  SUBCASE("closing the connection in an event handler") {
    socket->on("e", [this] { socket->disconnect(true); });
    CHECK(answer(R"(2["e"])") == Packets{"1"});
    CHECK(log.size() == 2);
    CHECK_FALSE(client.open());
  }
  SUBCASE("disconnect in disconnecting") {
    socket->on("disconnecting", [this] { socket->disconnect(); });
    client.send("1");
    CHECK(client.received().empty());
    CHECK(log.size() == 2);
  }
  SUBCASE("closing the connection in disconnecting") {
    socket->on("disconnecting", [this] { socket->disconnect(true); });
    client.send("1");
    CHECK(log == Packets{"disconnecting|client namespace disconnect||1|in",
                         "disconnect|client namespace disconnect||0|out"});
    CHECK_FALSE(client.open());
  }
  SUBCASE("closing the connection in disconnect") {
    socket->on("disconnect", [this] { socket->disconnect(true); });
    socket->disconnect();
    CHECK(log.size() == 2);
  }
  SUBCASE("closing the server in disconnecting") {
    socket->on("disconnecting", [this] { io.close(); });
    client.lose();
    CHECK(log ==
          Packets{"disconnecting|transport close||1|in", "disconnect|transport close||0|out"});
  }
  SUBCASE("closing the connection in an acknowledgement") {
    socket->emit_with_ack("q", [this](std::error_code) { socket->disconnect(true); });
    client.send("30[]");
    CHECK(log.size() == 2);
    CHECK_FALSE(client.open());
  }
  CHECK(io.sockets().socket_count() == 0);
}

TEST_CASE("a connection handler may turn its client out") {
  Server io;
  SocketPtr socket;
  io.on_connection([&](SocketPtr joined) {
    joined->disconnect(true);
    socket = std::move(joined);
  });
  TestClient client(io);
  CHECK_FALSE(client.join().empty());
  CHECK_FALSE(client.open());
  CHECK_FALSE(socket->connected());
}

TEST_CASE("closing a connection from one namespace leaves all the others first") {
  Server io;
  Packets log;
  SocketPtr main;
  io.on_connection([&](SocketPtr socket) { main = std::move(socket); });
  SocketPtr other;
  io.of("/other").on_connection([&](SocketPtr socket) {
    other = std::move(socket);
    log_leaving(other, log);
  });
  TestClient client(io);
  client.join();
  client.join("/other");
  main->disconnect(true);
  CHECK(client.received() == Packets{"1", "1/other,"});
  CHECK(log == Packets{"disconnecting|server namespace disconnect||1|in",
                       "disconnect|server namespace disconnect||0|out"});
}

TEST_CASE("handlers that run while the server closes may use its namespaces") {
  Server io;
  int calls = 0;
  io.on_connection([&](SocketPtr socket) {
    socket->on("disconnect", [&] {
      io.of("/new").emit("left");
      ++calls;
    });
  });
  TestClient client(io);
  client.join();
  io.close();
  CHECK(calls == 1);
}

TEST_CASE("a socket that its own handlers hold is freed when it leaves") {
  Server io;
  std::weak_ptr<Socket> watched;
  io.on_connection([&](SocketPtr socket) {
    watched = socket;
    socket->on("e", [socket] { socket->emit("e"); });
    socket->emit_with_ack("q", [socket](std::error_code) {});
  });
  TestClient client(io);
  client.join();
  CHECK_FALSE(watched.expired());
  SUBCASE("by itself") {
    client.send("1");
  }
  SUBCASE("with the connection") {
    client.lose();
  }
  CHECK(watched.expired());
}
