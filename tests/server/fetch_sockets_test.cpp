// SPDX-License-Identifier: MIT
//
// Doing something with many sockets at once: fetch_sockets, sockets_join, sockets_leave,
// disconnect_sockets.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// Clients a, b and c: a and b are in "red", b and c in "blue".
struct Fixture {
  Fixture() {
    io.on_connection([this](SocketPtr socket) { joined = std::move(socket); });
    for (const char name : {'a', 'b', 'c'}) {
      clients[name] = std::make_unique<TestClient>(io);
      clients[name]->join();
      sockets[name] = joined;
    }
    sockets['a']->join("red");
    sockets['b']->join({"red", "blue"});
    sockets['c']->join("blue");
  }

  // The names of those that were found.
  template <typename From>
  std::string fetch(From&& from) {
    std::string names;
    int calls = 0;
    from.fetch_sockets([&](std::error_code error, const std::vector<RemoteSocket>& found) {
      CHECK_FALSE(error);
      ++calls;
      for (const RemoteSocket& remote : found) {
        for (const auto& [name, socket] : sockets) {
          if (socket->id() == remote.id()) names += name;
        }
      }
    });
    CHECK(calls == 1);
    std::ranges::sort(names);
    return names;
  }
  RemoteSocket remote(char name) {
    std::vector<RemoteSocket> kept;
    io.to(sockets[name]->id()).fetch_sockets([&](std::error_code, std::vector<RemoteSocket> found) {
      kept = std::move(found);
    });
    REQUIRE(kept.size() == 1);
    return kept[0];
  }
  std::string in_room(std::string_view room) {
    std::string names;
    for (const auto& [name, socket] : sockets) {
      if (socket->in_room(room)) names += name;
    }
    return names;
  }
  std::string connected() {
    std::string names;
    for (const auto& [name, socket] : sockets) {
      if (socket->connected()) names += name;
    }
    return names;
  }

  Server io;
  SocketPtr joined;
  std::map<char, SocketPtr> sockets;
  std::map<char, std::unique_ptr<TestClient>> clients;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "fetch_sockets finds all sockets, those of rooms, and not the excepted ones") {
  CHECK(fetch(io) == "abc");
  CHECK(fetch(io.of("/")) == "abc");
  CHECK(fetch(io.local()) == "abc");
  CHECK(fetch(io.in("red")) == "ab");
  CHECK(fetch(io.in({"red", "blue"})) == "abc");
  CHECK(fetch(io.in("blue").except("red")) == "c");
  CHECK(fetch(io.except("blue")) == "a");
  CHECK(fetch(io.to(sockets['c']->id())) == "c");
  CHECK(fetch(sockets['a']->broadcast()) == "bc");
  CHECK(fetch(io.in("nowhere")).empty());
  CHECK(fetch(io.of("/other")).empty());
}

TEST_CASE_FIXTURE(Fixture, "sockets that left are not found, nor those that are still joining") {
  io.of("/guarded").use([](SocketPtr socket, Next next) {
    socket->join("red");
    static std::vector<Next> undecided;
    undecided.push_back(std::move(next));
    undecided.clear();
  });
  clients['a']->send("0/guarded,");
  CHECK(fetch(io.of("/guarded")).empty());
  clients['b']->send("1");
  CHECK(fetch(io) == "ac");
  CHECK(fetch(io.in("blue")) == "c");
}

TEST_CASE_FIXTURE(Fixture, "a remote socket tells what was known of it") {
  sockets['b']->data() = Object{{"name", "bob"}};
  const RemoteSocket found = remote('b');
  CHECK(found.id() == sockets['b']->id());
  auto rooms = found.rooms();
  CHECK(rooms.front() == found.id());
  std::ranges::sort(rooms);
  CHECK(rooms.size() == 3);
  CHECK(std::ranges::count(rooms, "red") == 1);
  CHECK(std::ranges::count(rooms, "blue") == 1);
  CHECK(to_json(found.data()) == R"({"name":"bob"})");
  CHECK((*found.handshake().find("query"))["token"] == Value("abc"));
  CHECK((*found.handshake().find("address")) == Value("192.0.2.7"));
  sockets['b']->data() = "later";
  CHECK(to_json(found.data()) == R"({"name":"bob"})");
}

TEST_CASE_FIXTURE(Fixture, "a remote socket can be emitted to, asked, moved and sent away") {
  const RemoteSocket found = remote('b');
  found.emit("e", 1, Bytes("x"));
  CHECK(clients['b']->received() == Packets{R"(51-["e",1,{"_placeholder":true,"num":0}])", "<x>"});

  Value answer;
  std::error_code outcome = Errc::ack_timeout;
  found.emit_with_ack("q", [&](std::error_code error, Value value) {
    outcome = error;
    answer = std::move(value);
  });
  CHECK(clients['b']->received() == Packets{R"(20["q"])"});
  clients['b']->send(R"(30["yes","ignored"])");
  CHECK_FALSE(outcome);
  CHECK(answer == Value("yes"));

  found.join("green");
  CHECK(in_room("green") == "b");
  found.leave("red");
  CHECK(in_room("red") == "a");
  found.disconnect();
  CHECK(connected() == "ac");
  CHECK(clients['b']->received() == Packets{"1"});
  CHECK(clients['b']->open());
  CHECK(clients['a']->received().empty());
  found.emit("after");  // to nobody
}

TEST_CASE_FIXTURE(Fixture, "a remote socket's disconnect(true) closes the connection") {
  remote('a').disconnect(true);
  CHECK_FALSE(clients['a']->open());
  CHECK(connected() == "bc");
}

TEST_CASE_FIXTURE(Fixture, "sockets_join makes all selected sockets join") {
  io.sockets_join("everyone");
  CHECK(in_room("everyone") == "abc");
  io.in("red").sockets_join("warm");
  CHECK(in_room("warm") == "ab");
  const std::vector<std::string> several{"x", "y"};
  io.of("/").except("red").sockets_join(several);
  CHECK(in_room("x") == "c");
  CHECK(in_room("y") == "c");
  sockets['a']->broadcast().sockets_join("others");
  CHECK(in_room("others") == "bc");
}

TEST_CASE_FIXTURE(Fixture, "sockets_leave makes all selected sockets leave") {
  io.in("blue").sockets_leave("red");
  CHECK(in_room("red") == "a");
  io.sockets_leave("blue");
  CHECK(in_room("blue").empty());
  const std::vector<std::string> several{"red", "nowhere"};
  io.sockets_leave(several);
  CHECK(in_room("red").empty());
  CHECK(fetch(io) == "abc");
}

TEST_CASE_FIXTURE(Fixture, "disconnect_sockets makes all selected sockets go") {
  Packets reasons;
  for (const auto& [name, socket] : sockets) {
    socket->on("disconnect", [&](std::string reason) { reasons.push_back(std::move(reason)); });
  }
  io.in("red").disconnect_sockets();
  CHECK(connected() == "c");
  CHECK(clients['a']->open());
  CHECK(clients['a']->received() == Packets{"1"});
  CHECK(clients['b']->received() == Packets{"1"});
  io.disconnect_sockets(true);
  CHECK(connected().empty());
  CHECK_FALSE(clients['c']->open());
  CHECK(reasons == Packets(3, "server namespace disconnect"));
  CHECK(io.sockets().socket_count() == 0);
}
