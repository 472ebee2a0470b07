// SPDX-License-Identifier: MIT
#include "patchbay/idempotency.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace std::chrono_literals;

namespace {

// Two clients, who are users of the names that they give. "order" (key, what) counts its calls;
// whether and when it answers is up to the test.
struct Fixture {
  explicit Fixture(IdempotencyOptions options = {}) : once(with_clock(std::move(options))) {
    io.use([](SocketPtr joining, Next next) {
      const Value& name = joining->handshake().auth()["name"];
      if (name.is_string()) joining->set_user(name.as_string());
      next();
    });
    once.install(io.sockets());
    io.on_connection([this](SocketPtr joined) {
      socket = std::move(joined);
      socket->on("order", [this](Value, Value what, Ack ack) {
        ++calls;
        if (what == Value("throw")) throw std::runtime_error("broken");
        if (what == Value("later")) {
          acks.push_back(std::move(ack));
        } else {
          ack("done", what, calls);
        }
      });
      socket->on("quiet", [this] { ++calls; });
      socket->on("error", [this](std::string message) { error = message; });
    });
    io.on_error([](const HandlerError&) {});
    connect("ada");
  }
  IdempotencyOptions with_clock(IdempotencyOptions options) {
    options.clock = [this] { return now; };
    return options;
  }
  // The connection before is lost.
  void connect(const std::string& name) {
    client.emplace(io);
    client->send(name.empty() ? "0" : R"(0{"name":")" + name + "\"}");
    const Packets joined = client->received();
    REQUIRE(joined.size() == 1);
  }
  Packets answer(std::string_view packet) {
    client->send(packet);
    return client->received();
  }

  TimePoint now{Millis(1'000'000)};
  int calls = 0;
  std::vector<Ack> acks;
  std::string error;
  Server io;
  Idempotency once;
  SocketPtr socket;
  std::optional<TestClient> client;
};

IdempotencyOptions only(std::size_t entries, std::size_t per_scope = 1'000) {
  IdempotencyOptions options;
  options.max_entries = entries;
  options.max_entries_per_scope = per_scope;
  return options;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the same event again gets the first answer, and runs nothing") {
  CHECK(answer(R"(20["order","k1","tea"])") == Packets{R"(30["done","tea",1])"});
  CHECK(answer(R"(21["order","k1","tea"])") == Packets{R"(31["done","tea",1])"});
  CHECK(answer(R"(22["order","k1","coffee"])") == Packets{R"(32["done","tea",1])"});
  CHECK(calls == 1);
  CHECK(error.empty());
  CHECK(answer(R"(23["order","k2","coffee"])") == Packets{R"(33["done","coffee",2])"});
}

TEST_CASE_FIXTURE(Fixture, "tries while the first is under way get its answer when that is there") {
  CHECK(answer(R"(20["order","k","later"])").empty());
  CHECK(answer(R"(21["order","k","later"])").empty());
  CHECK(answer(R"(22["order","k","later"])").empty());
  REQUIRE(acks.size() == 1);
  acks[0]("at last");
  acks[0]("never");
  CHECK(client->received() == Packets{R"(30["at last"])", R"(31["at last"])", R"(32["at last"])"});
  CHECK(answer(R"(23["order","k","later"])") == Packets{R"(33["at last"])"});
}

TEST_CASE_FIXTURE(Fixture, "of too many tries that wait the first get nothing") {
  answer(R"(20["order","k","later"])");
  for (int i = 1; i <= 20; ++i) answer("2" + std::to_string(i) + R"(["order","k","later"])");
  acks.at(0)("at last");
  CHECK(client->received().size() == 9);
}

TEST_CASE_FIXTURE(Fixture, "a try on a later connection of the same user is known") {
  answer(R"(20["order","k","tea"])");
  connect("ada");
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",1])"});
  CHECK(calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "a run that outlives its connection answers the next one") {
  answer(R"(20["order","k","later"])");
  connect("ada");
  CHECK(answer(R"(27["order","k","later"])").empty());
  acks.at(0)("at last");
  CHECK(client->received() == Packets{R"(37["at last"])"});
}

TEST_CASE_FIXTURE(Fixture, "nobody gets the answers of another user, whatever names they take") {
  answer(R"(20["order","k","tea"])");
  connect("eve");
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",2])"});
  connect("");
  const std::string id = socket->id();
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",3])"});
  // A user who is called like a socket.
  connect(id);
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",4])"});
  // Parts of names that are shifted against each other.
  connect("ada5:order1:k");
  CHECK(answer(R"(20["order","","tea"])") != Packets{R"(30["done","tea",1])"});
}

TEST_CASE_FIXTURE(Fixture, "without a user it is the socket that counts") {
  connect("");
  answer(R"(20["order","k","tea"])");
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",1])"});
  connect("");
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",2])"});
}

TEST_CASE("whose keys they are is asked of a function") {
  IdempotencyOptions options;
  options.scope = [](const Socket&) { return std::string("all"); };
  Fixture f(std::move(options));
  f.answer(R"(20["order","k","tea"])");
  f.connect("eve");
  CHECK(f.answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",1])"});
}

TEST_CASE_FIXTURE(Fixture, "the same key of another event, or in another namespace, is another") {
  answer(R"(20["order","k","tea"])");
  answer(R"(2["quiet","k"])");
  CHECK(calls == 2);
  int elsewhere = 0;
  once.install(io.of("/other"));
  io.of("/other").on_connection([&](SocketPtr joined) {
    joined->set_user("ada");
    joined->on("order", [&] { ++elsewhere; });
  });
  client->join("/other");
  answer(R"(2/other,["order","k","tea"])");
  CHECK(elsewhere == 1);
}

// --- Without an answer

TEST_CASE_FIXTURE(Fixture, "an event that nobody answers is handled once all the same") {
  answer(R"(2["quiet","k"])");
  CHECK(answer(R"(20["quiet","k"])").empty());
  CHECK(calls == 1);
  CHECK(answer(R"(21["order","x","throw"])").empty());
  CHECK(answer(R"(22["order","x","throw"])").empty());
  CHECK(calls == 2);
}

TEST_CASE_FIXTURE(Fixture, "the answer is kept also when the first try wanted none") {
  CHECK(answer(R"(2["order","k","tea"])").empty());
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",1])"});
}

TEST_CASE("what ended without an answer is handled again when the option says so") {
  IdempotencyOptions options;
  options.repeat_unanswered = true;
  Fixture f(std::move(options));
  f.answer(R"(20["order","k","throw"])");
  CHECK(f.answer(R"(21["order","k","tea"])") == Packets{R"(31["done","tea",2])"});
  f.answer(R"(22["order","l","later"])");
  f.acks.clear();
  CHECK(f.answer(R"(23["order","l","tea"])") == Packets{R"(33["done","tea",4])"});
}

TEST_CASE_FIXTURE(Fixture, "what another middleware turns away has not been handled") {
  bool open = false;
  socket->use([&](IncomingEvent& event, Next next) {
    if (open) return next();
    event.ack(Object{{"error", "come back later"}});
    next(ConnectError{.message = "come back later"});
  });
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30[{"error":"come back later"}])"});
  open = true;
  CHECK(answer(R"(21["order","k","tea"])") == Packets{R"(31["done","tea",1])"});
}

TEST_CASE_FIXTURE(Fixture,
                  "what did not reach its handlers because the client went is handled later") {
  std::optional<Next> kept;
  socket->use([&](IncomingEvent&, Next next) { kept = std::move(next); });
  answer(R"(20["order","k","tea"])");
  client->lose();
  (*kept)();
  kept.reset();
  CHECK(calls == 0);
  connect("ada");
  CHECK(answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",1])"});
}

// --- Keys

TEST_CASE_FIXTURE(Fixture, "events without a key pass, keys that are none turn away") {
  answer(R"(20["quiet"])");
  answer(R"(20["quiet",null])");
  answer(R"(20["quiet",1.5])");
  answer(R"(20["quiet",{"k":1}])");
  CHECK(calls == 4);
  CHECK(answer(R"(20["quiet",""])") ==
        Packets{R"(30[{"error":"The key is empty or too long","code":"idempotency_key"}])"});
  CHECK(answer("20[\"quiet\",\"" + std::string(257, 'x') + "\"]").size() == 1);
  CHECK(calls == 4);
  CHECK(error == "The key is empty or too long");
  CHECK(once.size() == 0);
  answer("20[\"quiet\",\"" + std::string(256, 'x') + "\"]");
  answer("20[\"quiet\",\"" + std::string(256, 'x') + "\"]");
  CHECK(calls == 5);
}

TEST_CASE_FIXTURE(Fixture, "a key may be an integer") {
  answer(R"(20["order",7,"tea"])");
  CHECK(answer(R"(21["order",7,"tea"])") == Packets{R"(31["done","tea",1])"});
}

TEST_CASE("a key may be required, and be elsewhere") {
  IdempotencyOptions options;
  options.events = {"order"};
  options.key_argument = 1;
  options.require_key = true;
  Fixture f(std::move(options));
  CHECK(f.answer(R"(20["order","k"])") ==
        Packets{R"(30[{"error":"There is no key","code":"idempotency_key"}])"});
  CHECK(f.answer(R"(2["quiet"])").empty());
  CHECK(f.calls == 1);
  f.answer(R"(21["order","a","k"])");
  f.answer(R"(22["order","b","k"])");
  CHECK(f.calls == 2);
}

TEST_CASE("a function may find the key") {
  IdempotencyOptions options;
  options.key = [](const IncomingEvent& event) -> std::optional<std::string> {
    const Value& id = event.args.at(1)["id"];
    return id.is_string() ? std::optional(id.as_string()) : std::nullopt;
  };
  Fixture f(std::move(options));
  f.answer(R"(20["order",1,{"id":"k"}])");
  f.answer(R"(21["order",2,{"id":"k"}])");
  f.answer(R"(22["order",3,{}])");
  CHECK(f.calls == 2);
}

// --- Bounds

TEST_CASE_FIXTURE(Fixture, "answers are kept for their time from when they were given") {
  answer(R"(20["order","k","later"])");
  now += 700s;
  CHECK(answer(R"(21["order","k","later"])").empty());
  CHECK(calls == 1);
  acks.at(0)(1);
  now += 600s - 1ms;
  CHECK(client->received() == Packets{"30[1]", "31[1]"});
  CHECK(answer(R"(22["order","k","later"])") == Packets{"32[1]"});
  now += 1ms;
  CHECK(answer(R"(23["order","k","tea"])") == Packets{R"(33["done","tea",2])"});
  CHECK(once.size() == 1);
}

TEST_CASE("of too many the oldest answer is forgotten") {
  Fixture f(only(3));
  for (const char* key : {"a", "b", "c", "d"}) {
    f.answer(R"(2["order",")" + std::string(key) + R"(","tea"])");
  }
  CHECK(f.once.size() == 3);
  f.answer(R"(2["order","b","tea"])");
  CHECK(f.calls == 4);
  f.answer(R"(2["order","a","tea"])");
  CHECK(f.calls == 5);
}

TEST_CASE("what is under way is forgotten last, and does no harm when it ends") {
  Fixture f(only(2));
  f.answer(R"(20["order","slow","later"])");
  f.answer(R"(21["order","a","tea"])");
  f.answer(R"(22["order","b","tea"])");
  CHECK(f.answer(R"(23["order","slow","later"])").empty());
  CHECK(f.calls == 3);
  f.answer(R"(24["order","slow2","later"])");
  f.answer(R"(25["order","slow3","later"])");
  CHECK(f.once.size() == 2);
  f.acks.at(0)("slow");
  CHECK(f.client->received() == Packets{R"(30["slow"])"});
  CHECK(f.once.size() == 2);
}

TEST_CASE("one user cannot have another's answers forgotten") {
  Fixture f(only(100, 2));
  f.answer(R"(20["order","k","tea"])");
  f.connect("eve");
  for (int i = 0; i < 1'000; ++i) f.answer(R"(20["order",)" + std::to_string(i) + R"(,"tea"])");
  CHECK(f.once.size() == 3);
  f.connect("ada");
  CHECK(f.answer(R"(20["order","k","tea"])") == Packets{R"(30["done","tea",1])"});
}

TEST_CASE("bytes are bounded, those of keys and those of answers") {
  IdempotencyOptions options;
  options.max_bytes = 100'000;
  options.max_key_bytes = 50'000;
  Fixture f(std::move(options));
  for (int i = 0; i < 100; ++i) {
    f.answer("20[\"order\",\"" + std::string(20'000, 'k') + std::to_string(i) + "\",\"" +
             std::string(20'000, 'x') + "\"]");
    CHECK(f.once.bytes() <= 100'000);
  }
  // An answer too large to be kept.
  CHECK(f.answer("20[\"order\",\"k\",\"" + std::string(200'000, 'x') + "\"]").size() == 1);
  CHECK(f.once.size() == 0);
  CHECK(f.once.bytes() == 0);
}

TEST_CASE("limits of nothing are refused") {
  for (auto limit : {&IdempotencyOptions::max_entries, &IdempotencyOptions::max_entries_per_scope,
                     &IdempotencyOptions::max_bytes, &IdempotencyOptions::max_key_bytes}) {
    IdempotencyOptions options;
    options.*limit = 0;
    CHECK_THROWS_AS(Idempotency{options}, std::invalid_argument);
  }
}

TEST_CASE("it may be gone before the last answer comes") {
  std::optional<Ack> kept;
  Server io;
  {
    const Idempotency once;
    once.install(io.sockets());
  }
  io.on_connection(
      [&](SocketPtr socket) { socket->on("e", [&](Value, Ack ack) { kept = std::move(ack); }); });
  {
    TestClient client(io);
    client.join();
    client.send(R"(20["e","k"])");
  }
  REQUIRE(kept);
  (*kept)(1);
}
