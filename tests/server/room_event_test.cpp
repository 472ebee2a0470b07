// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

using Log = std::vector<std::string>;

// Two sockets, called s1 and s2 in the log, whose own rooms are left out of it.
struct Fixture {
  Fixture() {
    io.on_connection([this](SocketPtr joined) { last = std::move(joined); });
    io.sockets().on_room_event([this](const RoomEvent& event) {
      constexpr const char* kKinds[] = {"create ", "join ", "leave ", "remove "};
      std::string text = kKinds[static_cast<int>(event.kind)] + std::string(event.room);
      if (!event.socket.empty()) text += " " + called(event.socket);
      if (event.room != s1_id && event.room != s2_id) log.push_back(std::move(text));
    });
    s1_id = one.join();
    s1 = last;
    s2_id = two.join();
    s2 = last;
    log.clear();
  }
  [[nodiscard]] std::string called(std::string_view id) const { return id == s1_id ? "s1" : "s2"; }
  Log take() { return std::exchange(log, {}); }

  Log log;
  std::string s1_id;
  std::string s2_id;
  Server io;
  SocketPtr last;
  TestClient one{io};
  TestClient two{io};
  SocketPtr s1;
  SocketPtr s2;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a room is created by its first socket, and joined by each once") {
  s1->join("r");
  CHECK(take() == Log{"create r", "join r s1"});
  s2->join("r");
  CHECK(take() == Log{"join r s2"});
  s1->join("r");
  CHECK(take().empty());
}

TEST_CASE_FIXTURE(Fixture, "a room is removed with its last socket") {
  s1->join("r");
  s2->join("r");
  (void)take();
  s1->leave("r");
  CHECK(take() == Log{"leave r s1"});
  s1->leave("r");
  s1->leave("unknown");
  CHECK(take().empty());
  s2->leave("r");
  CHECK(take() == Log{"leave r s2", "remove r"});
}

TEST_CASE_FIXTURE(Fixture, "a socket that goes leaves its rooms one by one") {
  s1->join("a");
  s1->join("b");
  s2->join("b");
  (void)take();
  one.lose();
  Log seen = take();
  CHECK(seen == Log{"leave a s1", "remove a", "leave b s1"});
  one.lose();
  CHECK(take().empty());
}

TEST_CASE("a listener that throws is reported, and harms nobody") {
  Server io;
  const ErrorLog errors(io);
  io.sockets().on_room_event([](const RoomEvent&) { throw std::runtime_error("broken"); });
  TestClient client(io);
  CHECK_FALSE(client.join().empty());
  CHECK(errors.texts == Packets{"room: broken", "room: broken"});
  CHECK(client.open());
}

TEST_CASE("the room of a socket's id comes and goes with it") {
  Server io;
  std::vector<std::pair<RoomEvent::Kind, std::string>> seen;
  io.sockets().on_room_event(
      [&](const RoomEvent& event) { seen.emplace_back(event.kind, std::string(event.room)); });
  TestClient client(io);
  const std::string id = client.join();
  using Kind = RoomEvent::Kind;
  CHECK(seen == decltype(seen){{Kind::create, id}, {Kind::join, id}});
  seen.clear();
  client.lose();
  CHECK(seen == decltype(seen){{Kind::leave, id}, {Kind::remove, id}});
}
