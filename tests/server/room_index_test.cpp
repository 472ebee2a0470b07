// SPDX-License-Identifier: MIT
#include "room_index.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../support/dummy_session.hpp"
#include "namespace_shard.hpp"
#include "socket_token.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// Sockets of a client without a connection, to be put into rooms.
struct Fixture {
  explicit Fixture(std::size_t count = 4) {
    for (std::size_t i = 0; i < count; ++i) {
      sockets.push_back(std::make_shared<Socket>(Socket::Token(), client, shard, i,
                                                 "socket" + std::to_string(i),
                                                 Handshake(nullptr, Object{})));
    }
  }
  ~Fixture() {
    for (const SocketPtr& socket : sockets) index.leave_all(*socket);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  // Numbers of the room's members.
  [[nodiscard]] std::multiset<std::size_t> members(std::string_view room) const {
    std::multiset<std::size_t> numbers;
    for (const Socket* member : index.members(room)) {
      numbers.insert(static_cast<std::size_t>(std::ranges::find(sockets, member, &SocketPtr::get) -
                                              sockets.begin()));
    }
    return numbers;
  }

  Server io;
  std::shared_ptr<Client> client =
      std::make_shared<Client>(io, std::make_shared<DummySession>(io.engine().loop(0), "session"));
  NamespaceShard shard{io.sockets(), io.engine().loop(0), nullptr};
  std::vector<SocketPtr> sockets;
  RoomIndex index;
};

using Numbers = std::multiset<std::size_t>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a room has its members, and a member its rooms") {
  index.join(*sockets[0], "a");
  index.join(*sockets[1], "a");
  index.join(*sockets[1], "b");
  CHECK(members("a") == Numbers{0, 1});
  CHECK(members("b") == Numbers{1});
  CHECK(index.rooms_of(*sockets[1]) == Packets{"a", "b"});
  CHECK(index.contains(*sockets[0], "a"));
  CHECK_FALSE(index.contains(*sockets[0], "b"));
  CHECK_FALSE(index.contains(*sockets[0], "unknown"));
  CHECK(index.room_count() == 2);
}

TEST_CASE_FIXTURE(Fixture, "joining twice is joining once") {
  index.join(*sockets[0], "a");
  index.join(*sockets[0], "a");
  CHECK(members("a") == Numbers{0});
  index.leave(*sockets[0], "a");
  CHECK(members("a") == Numbers{});
}

TEST_CASE_FIXTURE(Fixture, "leaving a room that one is not in changes nothing") {
  index.join(*sockets[0], "a");
  index.leave(*sockets[0], "unknown");
  index.leave(*sockets[1], "a");
  CHECK(members("a") == Numbers{0});
  CHECK(index.room_count() == 1);
}

TEST_CASE_FIXTURE(Fixture, "members find their places when others leave") {
  for (const SocketPtr& socket : sockets) index.join(*socket, "a");
  index.leave(*sockets[0], "a");
  index.leave(*sockets[3], "a");
  CHECK(members("a") == Numbers{1, 2});
  index.leave(*sockets[2], "a");
  CHECK(members("a") == Numbers{1});
}

TEST_CASE_FIXTURE(Fixture, "a room without members is forgotten") {
  index.join(*sockets[0], "a");
  index.leave(*sockets[0], "a");
  CHECK(index.room_count() == 0);
  CHECK(index.members("a").empty());
}

TEST_CASE_FIXTURE(Fixture, "a forgotten room's place is used again, without its members or name") {
  index.join(*sockets[0], "keep");
  for (int i = 0; i < 1000; ++i) {
    const std::string room = "room" + std::to_string(i);
    index.join(*sockets[1], room);
    CHECK(members(room) == Numbers{1});
    CHECK(index.rooms_of(*sockets[1]) == Packets{room});
    index.leave_all(*sockets[1]);
    CHECK(index.room_count() == 1);
  }
  CHECK(members("keep") == Numbers{0});
  CHECK(index.members("room999").empty());
}

TEST_CASE_FIXTURE(Fixture, "leaving all leaves exactly one's own memberships") {
  for (const char* room : {"a", "b", "c"}) {
    index.join(*sockets[0], room);
    index.join(*sockets[1], room);
  }
  index.leave_all(*sockets[0]);
  CHECK(index.rooms_of(*sockets[0]).empty());
  CHECK(members("b") == Numbers{1});
  CHECK(index.rooms_of(*sockets[1]) == Packets{"a", "b", "c"});
}

TEST_CASE_FIXTURE(Fixture, "names are bytes: empty, long, with zeros") {
  const Packets names{"", std::string(100'000, 'x'), std::string("a\0b", 3), "a"};
  for (const std::string& name : names) index.join(*sockets[0], name);
  CHECK(index.rooms_of(*sockets[0]) == names);
  CHECK(index.room_count() == 4);
}

TEST_CASE_FIXTURE(Fixture, "every mark is a new one") {
  const auto first = index.next_mark();
  CHECK(first != 0);  // which is what a socket bears from the start
  CHECK(index.next_mark() != first);
}

TEST_CASE("any mixture of joining and leaving agrees with sets of names") {
  constexpr std::size_t kSockets = 20;
  constexpr std::size_t kRooms = 12;
  Fixture fixture(kSockets);
  std::map<std::string, Numbers> model;
  std::mt19937 random(20240611);
  const auto below = [&random](std::size_t limit) { return random() % limit; };

  for (int step = 0; step < 20'000; ++step) {
    const std::size_t number = below(kSockets);
    Socket& socket = *fixture.sockets[number];
    const std::string room = "room" + std::to_string(below(kRooms));
    if (const auto action = below(10); action < 5) {
      fixture.index.join(socket, room);
      if (!model[room].contains(number)) model[room].insert(number);
    } else if (action < 9) {
      fixture.index.leave(socket, room);
      model[room].erase(number);
    } else {
      fixture.index.leave_all(socket);
      for (auto& [name, numbers] : model) numbers.erase(number);
    }
    REQUIRE(fixture.members(room) == model[room]);
    REQUIRE(fixture.index.contains(socket, room) == model[room].contains(number));
  }
  std::size_t rooms = 0;
  for (const auto& [name, numbers] : model) {
    CHECK(fixture.members(name) == numbers);
    rooms += numbers.empty() ? 0 : 1;
  }
  CHECK(fixture.index.room_count() == rooms);
  for (std::size_t i = 0; i < kSockets; ++i) {
    std::set<std::string> expected;
    for (const auto& [name, numbers] : model) {
      if (numbers.contains(i)) expected.insert(name);
    }
    const auto names = fixture.index.rooms_of(*fixture.sockets[i]);
    CHECK(std::set(names.begin(), names.end()) == expected);
    CHECK(names.size() == expected.size());
  }
}
