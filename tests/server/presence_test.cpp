// SPDX-License-Identifier: MIT
#include "patchbay/presence.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

using Names = std::vector<std::string>;

struct Server1 {
  Server1() {
    io.use([](SocketPtr joining, Next next) {
      const Value& name = joining->handshake().auth()["name"];
      if (name.is_string()) joining->set_user(name.as_string());
      if (name == Value("banned")) return next(ConnectError{.message = "no"});
      next();
    });
    io.on_connection([this](SocketPtr joined) { socket = std::move(joined); });
    presence.on_join([this](const std::string& user) { log.push_back("+" + user); });
    presence.on_leave([this](const std::string& user) { log.push_back("-" + user); });
  }

  Server io;
  Presence presence{io.sockets(), {.node = "here", .linger = Millis(0)}};
  SocketPtr socket;
  Names log;
};

}  // namespace

TEST_CASE_FIXTURE(Server1, "users come and go with their sockets") {
  std::optional<TestClient> first(io);
  std::optional<TestClient> second(io);
  first->send(R"(0{"name":"ada"})");
  second->send(R"(0{"name":"ada"})");
  CHECK(presence.online("ada"));
  CHECK(presence.where("ada") == Names{"here"});
  CHECK(presence.users() == Names{"ada"});
  CHECK(presence.nodes() == Names{"here"});
  first.reset();
  CHECK(presence.online("ada"));
  second.reset();
  CHECK_FALSE(presence.online("ada"));
  CHECK(log == Names{"+ada", "-ada"});
}

TEST_CASE_FIXTURE(Server1, "who is turned away was never there") {
  TestClient client(io);
  client.send(R"(0{"name":"banned"})");
  CHECK(client.received().back().starts_with("4"));
  CHECK(log.empty());
}

TEST_CASE_FIXTURE(Server1, "a socket may learn later whose it is, and change") {
  TestClient client(io);
  client.join();
  CHECK(log.empty());
  socket->set_user("ada");
  CHECK(log == Names{"+ada"});
  socket->set_user("eve");
  CHECK(log == Names{"+ada", "-ada", "+eve"});
  socket->set_user({});
  CHECK(presence.users().empty());
}

TEST_CASE_FIXTURE(Server1, "a user is reached by name, on all sockets") {
  TestClient first(io);
  TestClient second(io);
  TestClient other(io);
  first.send(R"(0{"name":"ada"})");
  second.send(R"(0{"name":"ada"})");
  other.send(R"(0{"name":"bob"})");
  for (TestClient* client : {&first, &second, &other}) (void)client->received();
  io.to_user("ada").emit("hello");
  CHECK(first.received() == Packets{R"(2["hello"])"});
  CHECK(second.received() == Packets{R"(2["hello"])"});
  CHECK(other.received().empty());
  io.to("nobody").to_user("bob").emit("hello");
  CHECK(other.received() == Packets{R"(2["hello"])"});
}

TEST_CASE("options that make no sense are refused") {
  Server io;
  CHECK_THROWS_AS(Presence(io.sockets(), {.heartbeat = Millis(0)}), std::invalid_argument);
  CHECK_THROWS_AS(Presence(io.sockets(), {.heartbeat = Millis(10), .timeout = Millis(10)}),
                  std::invalid_argument);
  CHECK_THROWS_AS(Presence(io.sockets(), {.linger = Millis(-1)}), std::invalid_argument);
}
