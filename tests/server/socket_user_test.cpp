// SPDX-License-Identifier: MIT
//
// What a socket keeps for add-ons: who its user is, and things that live as long as it does.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE_FIXTURE(JoinedClient, "nobody is a socket's user until somebody says so") {
  CHECK(socket->user().empty());
  socket->set_user("ada");
  CHECK(socket->user() == "ada");
  socket->set_user({});
  CHECK(socket->user().empty());
}

TEST_CASE("a middleware says who the user is") {
  Server io;
  std::string user;
  io.use([](SocketPtr socket, Next next) {
    socket->set_user(socket->handshake().auth()["name"].as_string());
    next();
  });
  io.on_connection([&](SocketPtr socket) { user = socket->user(); });
  TestClient client(io);
  client.send(R"(0{"name":"ada"})");
  CHECK(user == "ada");
}

TEST_CASE_FIXTURE(JoinedClient, "handlers of the end know the user, and later nobody does") {
  socket->set_user("ada");
  std::vector<std::string> users;
  for (const char* event : {"disconnecting", "disconnect"}) {
    socket->on(event, [&] { users.push_back(socket->user()); });
  }
  client.lose();
  CHECK(users == std::vector<std::string>{"ada", "ada"});
  CHECK(socket->user().empty());
  socket->set_user("eve");
  CHECK(socket->user().empty());
}

TEST_CASE_FIXTURE(JoinedClient, "what is attached goes behind the last handler of the end") {
  auto companion = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = companion;
  socket->attach(std::move(companion));
  bool was_there = false;
  socket->on("disconnect", [&] { was_there = !watched.expired(); });
  socket->off("nothing");
  CHECK_FALSE(watched.expired());
  client.lose();
  CHECK(was_there);
  CHECK(watched.expired());
}

TEST_CASE_FIXTURE(JoinedClient, "what is attached to a socket that has gone goes at once") {
  client.lose();
  auto companion = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = companion;
  socket->attach(std::move(companion));
  CHECK(watched.expired());
}

TEST_CASE("what is attached to a socket that is turned away goes with it") {
  Server io;
  std::weak_ptr<int> watched;
  SocketPtr kept;
  io.use([&](SocketPtr socket, Next next) {
    auto companion = std::make_shared<int>(7);
    watched = companion;
    socket->attach(std::move(companion));
    kept = socket;
    next();
  });
  io.use([](SocketPtr, Next next) { next(ConnectError{.message = "no"}); });
  TestClient client(io);
  client.send("0");
  CHECK(watched.expired());
}

TEST_CASE_FIXTURE(JoinedClient, "who disconnects may say more about it") {
  std::string end;
  socket->on("disconnect",
             [&](std::string reason, std::string detail) { end = reason + ", " + detail; });
  SUBCASE("from the namespace") {
    socket->disconnect(false, "quota: used up");
    CHECK(client.open());
  }
  SUBCASE("with the connection") {
    socket->disconnect(true, "quota: used up");
    CHECK_FALSE(client.open());
  }
  CHECK(end == "server namespace disconnect, quota: used up");
  CHECK(client.received() == Packets{"1"});
}

namespace {

struct Recovering {
  static ServerOptions options() {
    ServerOptions options;
    options.connection_state_recovery.emplace();
    return options;
  }
  // Joins, and remembers what is needed to come back.
  Recovering() {
    io.on_connection([this](SocketPtr joined) { socket = std::move(joined); });
    client.emplace(io);
    client->send("0");
    pid = (*parse_json(client->received().at(0).substr(1), 8))["pid"].as_string();
    socket->emit("first");
    offset = (*parse_json(client->received().at(0).substr(1), 8))[1].as_string();
  }
  void come_back() {
    client->lose();
    socket = nullptr;
    client.emplace(io);
    client->send("0" + to_json(Object{{"pid", pid}, {"offset", offset}}));
  }

  Server io{options()};
  SocketPtr socket;
  std::optional<TestClient> client;
  std::string pid;
  std::string offset;
};

}  // namespace

TEST_CASE_FIXTURE(Recovering, "the user survives a recovery") {
  socket->set_user("ada");
  come_back();
  REQUIRE(socket);
  CHECK(socket->recovered());
  CHECK(socket->user() == "ada");
}

TEST_CASE_FIXTURE(Recovering,
                  "some middlewares are asked about who comes back, whatever options say") {
  std::string asked;
  io.use([&](SocketPtr, Next next) {
    asked += "a";
    next();
  });
  io.sockets().use_always([&](SocketPtr, Next next) {
    asked += "b";
    next();
  });
  come_back();
  REQUIRE(socket);
  CHECK(socket->recovered());
  CHECK(asked == "b");
}

TEST_CASE_FIXTURE(Recovering, "who comes back may be turned away") {
  io.sockets().use_always([](SocketPtr, Next next) { next(ConnectError{.message = "no"}); });
  come_back();
  CHECK_FALSE(socket);
  CHECK(client->received() == Packets{R"(4{"message":"no"})"});
  // The session has been given up.
  come_back();
  CHECK_FALSE(socket);
}

TEST_CASE("a user has so many sockets at a time in a namespace, where that is limited") {
  ServerOptions options;
  options.limits.sockets_per_user = 2;
  Server io(options);
  for (const char* name : {"/", "/other"}) {
    io.of(name).use([](SocketPtr socket, Next next) {
      if (socket->handshake().auth()["name"].is_string()) {
        socket->set_user(socket->handshake().auth()["name"].as_string());
      }
      next();
    });
  }
  const auto join = [](TestClient& client, const char* packet) {
    client.send(packet);
    return client.received().back();
  };
  std::optional<TestClient> first(io);
  TestClient second(io);
  TestClient third(io);
  CHECK(join(*first, R"(0{"name":"ada"})").starts_with("0{"));
  CHECK(join(second, R"(0{"name":"ada"})").starts_with("0{"));
  CHECK(join(third, R"(0{"name":"ada"})") ==
        R"(4{"message":"The user has as many connections as allowed",)"
        R"("data":{"code":"sio_too_many_user_sockets"}})");
  CHECK(io.statistics().count(Errc::sio_too_many_user_sockets) == 1);
  // Others, elsewhere, and nobody in particular.
  CHECK(join(third, R"(0{"name":"eve"})").starts_with("0{"));
  CHECK(join(third, R"(0/other,{"name":"ada"})").starts_with("0/other,{"));
  TestClient nobody(io);
  CHECK(join(nobody, "0").starts_with("0{"));
  // And again when one has gone.
  first->lose();
  TestClient fourth(io);
  CHECK(join(fourth, R"(0{"name":"ada"})").starts_with("0{"));
}
