// SPDX-License-Identifier: MIT
//
// Clients that come back after their connection broke.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// What the client remembers: the ids of the reply to CONNECT, and the last argument of the last
// event.
struct Memory {
  std::string sid;
  std::string pid;
  std::string offset;
};

Value payload(const std::string& packet) {
  const auto begin = packet.find_first_of("{[");
  REQUIRE(begin != std::string::npos);
  const auto value = parse_json(packet.substr(begin), Limits().json_depth);
  REQUIRE(value);
  return *value;
}

class Fixture {
 public:
  explicit Fixture(RecoveryOptions recovery = {}) : io(with(recovery)) {
    io.use([this](SocketPtr, Next next) {
      ++asked;
      next();
    });
    io.on_connection([this](SocketPtr joined) {
      ++connections;
      socket = std::move(joined);
    });
    start();
  }

  static ServerOptions with(RecoveryOptions recovery) {
    ServerOptions options;
    options.connection_state_recovery = recovery;
    return options;
  }

  // A client that joins and receives one event, without which it has no offset to come back with.
  void start() {
    client.emplace(io);
    client->send("0");
    remember(client->received());
    socket->emit("first");
    remember(client->received());
  }

  void remember(const Packets& packets) {
    for (const std::string& packet : packets) {
      const Value data = payload(packet);
      if (packet.starts_with('0')) {
        memory.sid = data["sid"].as_string();
        memory.pid = data["pid"].as_string();
      } else if (!data.as_array().empty() && data.as_array().back().is_string()) {
        memory.offset = data.as_array().back().as_string();
      }
    }
  }

  // The client's next connection, and what arrives on it.
  Packets come_back(const Memory& known) {
    client.emplace(io);
    client->send("0" + to_json(Object{{"pid", known.pid}, {"offset", known.offset}}));
    return client->received();
  }
  Packets come_back() { return come_back(memory); }

  // Whether the reply at the end is that of a client that has been here before.
  [[nodiscard]] bool recovered(const Packets& packets) const {
    if (packets.empty() || !packets.back().starts_with("0{")) return false;
    const Value reply = payload(packets.back());
    return reply["sid"] == Value(memory.sid) && reply["pid"] == Value(memory.pid);
  }
  // The names of the events among the packets.
  static std::string names(const Packets& packets) {
    std::string names;
    for (const std::string& packet : packets) {
      if (packet.starts_with('2')) names += payload(packet).as_array()[0].as_string() + " ";
    }
    return names;
  }

  int asked = 0;
  int connections = 0;
  Server io;
  SocketPtr socket;
  std::optional<TestClient> client;
  Memory memory;
};

struct Remembering : Fixture {};

RecoveryOptions only(std::size_t events, std::size_t sessions) {
  RecoveryOptions options;
  options.max_events = events;
  options.max_sessions = sessions;
  return options;
}

}  // namespace

TEST_CASE("without the option there is neither a private id nor an offset") {
  JoinedClient f;
  f.client.send("1");
  f.client.send("0");
  const Packets received = f.client.received();
  REQUIRE(received.size() == 1);
  CHECK(payload(received[0]).as_object().size() == 1);
  f.socket->emit("e", 1);
  CHECK(f.client.received() == Packets{R"(2["e",1])"});
  CHECK_FALSE(f.socket->recovered());
}

TEST_CASE_FIXTURE(Remembering,
                  "the reply has a private id, and events an offset behind their arguments") {
  CHECK(memory.sid.size() == 20);
  CHECK(memory.pid.size() == 20);
  CHECK(memory.pid != memory.sid);
  CHECK_FALSE(memory.offset.empty());
  CHECK_FALSE(socket->recovered());
  const std::string first = memory.offset;
  io.emit("e", 1, "two");
  const Packets received = client->received();
  REQUIRE(received.size() == 1);
  const Array args = payload(received[0]).as_array();
  REQUIRE(args.size() == 4);
  CHECK(args[3].is_string());
  CHECK(args[3] != Value(first));
}

TEST_CASE_FIXTURE(Remembering, "questions and volatile events have no offset") {
  socket->emit_with_ack("q", [](std::error_code) {});
  socket->volatile_().emit("v");
  io.volatile_().emit("v");
  CHECK(client->received() == Packets{R"(20["q"])", R"(2["v"])", R"(2["v"])"});
}

TEST_CASE_FIXTURE(Remembering,
                  "who comes back is the same socket, and gets what it missed before the reply") {
  client->lose();
  io.to(memory.sid).emit("own", 1);
  io.emit("all", Bytes("x"));
  const Packets received = come_back();
  REQUIRE(received.size() == 4);
  CHECK(payload(received[0]).as_array()[0] == Value("own"));
  CHECK(received[1].starts_with("51-"));
  CHECK(received[2] == "<x>");
  CHECK(recovered(received));
  CHECK(socket->recovered());
  CHECK(socket->id() == memory.sid);
  CHECK(connections == 2);
  CHECK(io.sockets().socket_count() == 1);
}

TEST_CASE_FIXTURE(Remembering, "rooms and data come back, too") {
  socket->join("room1");
  socket->join("room2");
  socket->leave("room2");
  socket->data() = Object{{"foo", "bar"}};
  client->lose();
  CHECK(recovered(come_back()));
  std::vector<std::string> rooms = socket->rooms();
  std::ranges::sort(rooms);
  std::vector<std::string> expected{memory.sid, "room1"};
  std::ranges::sort(expected);
  CHECK(rooms == expected);
  CHECK(to_json(socket->data()) == R"({"foo":"bar"})");
  io.to("room1").emit("e");
  CHECK(client->received().size() == 1);
}

TEST_CASE_FIXTURE(Remembering, "what was missed is what would have been received") {
  socket->join("r1");
  socket->join("r2");
  client->lose();
  io.emit("all");
  io.to("r1").emit("room");
  io.to("other").emit("other");
  io.to("r1").to("r2").emit("once");
  io.except("r2").emit("except");
  io.except("r3").emit("no-except");
  io.timeout(Millis(1)).emit_with_ack("question", [](std::error_code, std::vector<Value>) {});
  io.volatile_().emit("volatile");
  io.of("/other").emit("elsewhere");
  const Packets received = come_back();
  CHECK(names(received) == "all room once no-except ");
  CHECK(recovered(received));
}

TEST_CASE_FIXTURE(Remembering, "what had arrived is not sent again, and one may come back again") {
  client->lose();
  io.emit("a");
  remember(come_back());
  io.emit("b");
  remember(client->received());
  client->lose();
  io.emit("c");
  const Packets received = come_back();
  CHECK(names(received) == "c ");
  CHECK(recovered(received));
}

TEST_CASE_FIXTURE(Remembering, "a session is given back once") {
  const Memory known = memory;
  client->lose();
  CHECK(recovered(come_back(known)));
  TestClient thief(io);
  thief.send("0" + to_json(Object{{"pid", known.pid}, {"offset", known.offset}}));
  const Packets stolen = thief.received();
  REQUIRE(stolen.size() == 1);
  CHECK_FALSE(recovered(stolen));
  CHECK(payload(stolen[0])["sid"] != Value(known.sid));
}

TEST_CASE_FIXTURE(Remembering, "who knows no session, or no offset of it, is new") {
  Memory wrong = memory;
  SUBCASE("another private id") {
    wrong.pid = "x";
  }
  SUBCASE("another offset") {
    wrong.offset = "x";
  }
  SUBCASE("the session's public id") {
    wrong.pid = memory.sid;
  }
  client->lose();
  const Packets received = come_back(wrong);
  REQUIRE(received.size() == 1);
  CHECK_FALSE(recovered(received));
  CHECK(payload(received[0])["pid"] != Value(memory.pid));
  CHECK_FALSE(socket->recovered());
  CHECK(connections == 2);
}

TEST_CASE_FIXTURE(Remembering, "pid and offset that are no text are ignored") {
  client->lose();
  for (const char* auth : {R"({"pid":1,"offset":2})", R"({"pid":null})", R"({"offset":[]})"}) {
    TestClient strange(io);
    strange.send(std::string("0") + auth);
    const Packets received = strange.received();
    REQUIRE(received.size() == 1);
    CHECK(payload(received[0])["sid"].is_string());
    CHECK_FALSE(recovered(received));
  }
}

TEST_CASE_FIXTURE(Remembering, "whoever left by intention does not come back") {
  SUBCASE("the client left the namespace") {
    client->send("1");
  }
  SUBCASE("the server sent it away") {
    socket->disconnect();
  }
  SUBCASE("the server closed its connection") {
    socket->disconnect(true);
  }
  CHECK_FALSE(recovered(come_back()));
}

TEST_CASE_FIXTURE(Remembering, "every way to lose a connection allows to come back") {
  for (const eio::CloseReason reason :
       {eio::CloseReason::transport_close, eio::CloseReason::transport_error,
        eio::CloseReason::ping_timeout, eio::CloseReason::forced_close}) {
    client->lose(reason);
    const Packets received = come_back();
    CHECK(recovered(received));
    remember(received);
  }
}

TEST_CASE_FIXTURE(Remembering, "by default who comes back is not asked about again") {
  CHECK(asked == 1);
  client->lose();
  CHECK(recovered(come_back()));
  CHECK(asked == 1);
}

TEST_CASE("middlewares are asked about who comes back when the option says so") {
  RecoveryOptions options;
  options.skip_middlewares = false;
  Fixture f(options);
  f.client->lose();
  CHECK(f.recovered(f.come_back()));
  CHECK(f.asked == 2);
  CHECK(f.socket->recovered());
}

TEST_CASE("more events than are kept make those who missed the oldest new") {
  Fixture f(only(3, 10));
  f.client->lose();
  SUBCASE("as many as are kept after the last that arrived") {
    for (int i = 0; i < 2; ++i) f.io.emit("e");
    CHECK(f.recovered(f.come_back()));
  }
  SUBCASE("too many") {
    for (int i = 0; i < 10; ++i) f.io.emit("e");
    CHECK_FALSE(f.recovered(f.come_back()));
  }
}

TEST_CASE("more bytes than are kept make those who missed the oldest new") {
  RecoveryOptions options;
  options.max_bytes = 10'000;
  Fixture f(options);
  f.client->lose();
  for (int i = 0; i < 3; ++i) f.io.emit("e", std::string(4'000, 'x'));
  CHECK_FALSE(f.recovered(f.come_back()));
}

TEST_CASE("of more sessions than are kept the oldest is forgotten") {
  Fixture f(only(100, 1));
  const Memory first = f.memory;
  f.client->lose();
  f.start();
  f.client->lose();
  CHECK(f.recovered(f.come_back()));
  f.client->send("1");
  CHECK_FALSE(f.recovered(f.come_back(first)));
}

TEST_CASE_FIXTURE(Remembering, "what a middleware emits is not lost") {
  io.use([](SocketPtr joining, Next next) {
    joining->emit("welcome");
    next();
  });
  TestClient other(io);
  other.send("0");
  CHECK(names(other.received()) == "welcome ");
}

TEST_CASE_FIXTURE(Remembering, "what listeners emit comes behind what they heard of, also later") {
  socket->on_any_outgoing([this](std::string_view event, std::span<const Value>) {
    if (event == "cause") io.emit("effect");
  });
  io.emit("cause");
  const Packets received = client->received();
  CHECK(names(received) == "cause effect ");
  remember({received[0]});
  client->lose();
  CHECK(names(come_back()) == "effect ");
}
