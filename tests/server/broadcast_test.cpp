// SPDX-License-Identifier: MIT
#include "patchbay/broadcast.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// Clients a, b, c and d: a and b are in "red", b and c in "blue"; d is in no room.
struct Fixture {
  Fixture() {
    io.on_connection([this](SocketPtr socket) { joined = std::move(socket); });
    for (const char name : {'a', 'b', 'c', 'd'}) {
      clients[name] = std::make_unique<TestClient>(io);
      clients[name]->join();
      sockets[name] = joined;
    }
    sockets['a']->join("red");
    sockets['b']->join("red");
    sockets['b']->join("blue");
    sockets['c']->join("blue");
  }

  // Who has got something since the last call, a letter for each time.
  std::string reached() {
    std::string names;
    for (const auto& [name, client] : clients) names.append(client->received().size(), name);
    return names;
  }
  const std::string& id(char name) { return sockets[name]->id(); }

  Server io;
  SocketPtr joined;
  std::map<char, SocketPtr> sockets;
  std::map<char, std::unique_ptr<TestClient>> clients;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "without a room, everyone is meant") {
  io.emit("e", 1);
  for (const auto& [name, client] : clients) {
    CHECK(client->received() == Packets{R"(2["e",1])"});
  }
}

TEST_CASE_FIXTURE(Fixture, "rooms select their members, each once") {
  const auto to = [this](std::initializer_list<std::string_view> rooms) {
    BroadcastOperator(io.sockets()).to(rooms).emit("e");
    return reached();
  };
  CHECK(to({"red"}) == "ab");
  CHECK(to({"red", "blue"}) == "abc");
  CHECK(to({"red", "red"}) == "ab");
  CHECK(to({"unknown"}) == "");
  CHECK(to({"red", "unknown"}) == "ab");
  CHECK(to({id('d')}) == "d");
  CHECK(to({id('a'), "red"}) == "ab");
  CHECK(to({}) == "abcd");
}

TEST_CASE_FIXTURE(Fixture, "excepted rooms are left out, whatever else selects their members") {
  io.except("red").emit("e");
  CHECK(reached() == "cd");
  io.except("red").except("blue").emit("e");
  CHECK(reached() == "d");
  const Packets both{"red", id('d')};
  io.to("blue").except(both).emit("e");
  CHECK(reached() == "c");
  io.to("red").except("red").emit("e");
  CHECK(reached() == "");
  io.except("unknown").emit("e");
  CHECK(reached() == "abcd");
  io.except(id('a')).emit("e");
  CHECK(reached() == "bcd");
}

TEST_CASE_FIXTURE(Fixture, "a socket's own broadcasts leave itself out") {
  const SocketPtr b = sockets['b'];
  b->broadcast().emit("e");
  CHECK(reached() == "acd");
  b->to("red").emit("e");
  CHECK(reached() == "a");
  const Packets both{"red", "blue"};
  b->to(both).emit("e");
  CHECK(reached() == "ac");
  b->in("blue").except("red").emit("e");
  CHECK(reached() == "c");
  b->except("red").emit("e");
  CHECK(reached() == "cd");
  b->to(b->id()).emit("e");
  CHECK(reached() == "");
}

TEST_CASE_FIXTURE(Fixture, "every way to say it means the same") {
  const Packets rooms{"red", "blue"};
  io.in("red").emit("e");
  CHECK(reached() == "ab");
  io.to(rooms).emit("e");
  CHECK(reached() == "abc");
  io.in("red").in("blue").emit("e");
  CHECK(reached() == "abc");
  io.sockets().to("red").emit("e");
  CHECK(reached() == "ab");
  BroadcastOperator(io.sockets()).in(rooms).emit("e");
  CHECK(reached() == "abc");
}

TEST_CASE_FIXTURE(Fixture, "a step makes a new operator and leaves the old one as it was") {
  const BroadcastOperator red = io.to("red");
  const BroadcastOperator more = red.to("blue");
  const BroadcastOperator less = red.except(id('a'));
  red.emit("e");
  CHECK(reached() == "ab");
  more.emit("e");
  CHECK(reached() == "abc");
  less.emit("e");
  CHECK(reached() == "b");
  red.emit("e");
  CHECK(reached() == "ab");
}

TEST_CASE_FIXTURE(Fixture, "an operator selects when it emits, not when it is made") {
  const BroadcastOperator red = io.to("red");
  sockets['a']->leave("red");
  sockets['d']->join("red");
  red.emit("e");
  CHECK(reached() == "bd");
  clients['b']->lose();
  red.emit("e");
  CHECK(reached() == "d");
}

TEST_CASE_FIXTURE(Fixture, "one may join the room of another's id") {
  sockets['c']->join(id('a'));
  io.to(id('a')).emit("e");
  CHECK(reached() == "ac");
  io.except(id('a')).emit("e");
  CHECK(reached() == "bd");
  sockets['c']->leave(id('a'));
  io.to(id('a')).emit("e");
  CHECK(reached() == "a");
}

TEST_CASE_FIXTURE(Fixture, "rooms of one namespace mean nothing in another") {
  io.of("/other").to("red").emit("e");
  io.of("/other").emit("e");
  CHECK(reached() == "");
}

TEST_CASE_FIXTURE(Fixture, "attachments follow their packet at every recipient") {
  io.to("red").emit("e", Bytes("data"));
  const Packets expected{R"(51-["e",{"_placeholder":true,"num":0}])", "<data>"};
  CHECK(clients['a']->received() == expected);
  CHECK(clients['b']->received() == expected);
}

TEST_CASE_FIXTURE(Fixture, "whoever leaves while others are told does no harm") {
  sockets['a']->on("disconnecting", [this] { io.to("red").emit("farewell"); });
  clients['a']->lose();
  CHECK(reached() == "b");
  sockets['b']->on("disconnect", [this] { io.to("red").emit("farewell"); });
  clients['b']->lose();
  CHECK(reached() == "");
}
