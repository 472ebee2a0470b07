// SPDX-License-Identifier: MIT
#include "patchbay/room_sequence.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

struct Fixture : JoinedClient {
  std::string mark(const std::string& room, int seq) const {
    return R"({"room":")" + room + R"(","seq":)" + std::to_string(seq) + R"(,"epoch":")" +
           numbers.epoch() + "\"}";
  }
  std::uint64_t current(const std::string& room) const {
    std::optional<std::uint64_t> result;
    numbers.current(room, [&](std::uint64_t seq) { result = seq; });
    REQUIRE(result);
    return *result;
  }

  RoomSequence numbers{io.sockets()};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "events of a room are numbered, from where a socket joins") {
  numbers.emit("sport", "goal", "1:0");
  CHECK(current("sport") == 1);
  numbers.join(socket, "sport");
  numbers.emit("sport", "goal", "1:1");
  numbers.emit("sport", "end");
  CHECK(client.received() == Packets{
                                 R"(2["room:joined",)" + mark("sport", 1) + "]",
                                 R"(2["goal","1:1",)" + mark("sport", 2) + "]",
                                 R"(2["end",)" + mark("sport", 3) + "]",
                             });
}

TEST_CASE_FIXTURE(Fixture, "each room has numbers of its own, and only its members get them") {
  numbers.join(socket, "a");
  CHECK(client.received().size() == 1);
  numbers.emit("b", "e");
  numbers.emit("b", "e");
  numbers.emit("a", "e");
  CHECK(client.received() == Packets{R"(2["e",)" + mark("a", 1) + "]"});
  CHECK(current("b") == 2);
  CHECK(current("c") == 0);
}

TEST_CASE_FIXTURE(Fixture, "copies count together, others on their own") {
  const RoomSequence copy = numbers;
  copy.emit("a", "e");
  numbers.emit("a", "e");
  CHECK(current("a") == 2);
  const RoomSequence other(io.sockets());
  CHECK(other.epoch() != numbers.epoch());
  CHECK(copy.epoch() == numbers.epoch());
}

TEST_CASE("a room that was forgotten goes on with a higher number") {
  Server io;
  const RoomSequence numbers(io.sockets(), {.max_rooms = 2});
  const auto current = [&numbers](const char* room) {
    std::uint64_t result = 0;
    numbers.current(room, [&](std::uint64_t seq) { result = seq; });
    return result;
  };
  for (int i = 0; i < 5; ++i) numbers.emit("a", "e");
  numbers.emit("b", "e");
  numbers.emit("a", "e");  // now "b" is the older one
  numbers.emit("c", "e");
  CHECK(current("a") == 6);
  CHECK(current("b") == 1);
  numbers.emit("b", "e");  // pushes out "a"
  CHECK(current("b") == 2);
  numbers.emit("a", "e");
  CHECK(current("a") == 7);
}

TEST_CASE("a hundred thousand rooms cost what the option allows") {
  Server io;
  const RoomSequence numbers(io.sockets(), {.max_rooms = 10});
  for (int i = 0; i < 100'000; ++i) numbers.emit("room " + std::to_string(i), "e");
  std::uint64_t last = 0;
  numbers.current("room 99999", [&](std::uint64_t seq) { last = seq; });
  CHECK(last >= 1);
}

TEST_CASE_FIXTURE(Fixture, "names that are reserved are refused at the call") {
  CHECK_THROWS_AS(numbers.emit("a", "disconnect"), std::invalid_argument);
  CHECK_THROWS_AS(RoomSequence(io.sockets(), {.joined_event = "connect"}), std::invalid_argument);
  CHECK_THROWS_AS(RoomSequence(io.sockets(), {.max_rooms = 0}), std::invalid_argument);
  CHECK(current("a") == 0);
}

TEST_CASE_FIXTURE(Fixture, "a socket that has gone joins nothing") {
  client.lose();
  numbers.join(socket, "a");
  CHECK(socket->rooms().empty());
}

TEST_CASE("numbers that a namespace's own handlers hold do not keep the namespace") {
  std::weak_ptr<Namespace> watched;
  {
    Server io;
    Namespace& nsp = io.of("/numbered");
    watched = nsp.weak_from_this();
    nsp.on_connection(
        [numbers = RoomSequence(nsp)](const SocketPtr&) { CHECK(numbers.epoch().size() > 0); });
  }
  CHECK(watched.expired());
}
