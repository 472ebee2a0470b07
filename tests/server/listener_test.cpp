// SPDX-License-Identifier: MIT
//
// Who hears of a socket's events, and in which order.
#include <doctest/doctest.h>

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

struct Fixture : JoinedClient {
  // A catch-all listener that writes down what it hears, with its own name in front.
  auto note(const std::string& name) {
    return [this, name](std::string_view event, std::span<const Value> args) {
      log.push_back(name + ":" + std::string(event) + to_json(Array(args.begin(), args.end())));
    };
  }
  std::vector<std::string> take() { return std::exchange(log, {}); }

  std::vector<std::string> log;
};

}  // namespace

// --- Named events

TEST_CASE_FIXTURE(Fixture, "once hears one event") {
  socket->once("e", [&](int i) { log.push_back("once " + std::to_string(i)); });
  socket->on("e", [&](int i) { log.push_back("on " + std::to_string(i)); });
  CHECK(socket->listener_count("e") == 2);
  client.send(R"(2["e",1])");
  client.send(R"(2["e",2])");
  CHECK(take() == std::vector<std::string>{"once 1", "on 1", "on 2"});
  CHECK(socket->listener_count("e") == 1);
}

TEST_CASE_FIXTURE(Fixture, "once hears one event also when its handler causes the next") {
  int calls = 0;
  socket->once("e", [&] {
    ++calls;
    client.send(R"(2["e"])");
  });
  client.send(R"(2["e"])");
  CHECK(calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "one handler can be removed, those of one event, and all") {
  const auto note = [this](std::string text) { return [this, text] { log.push_back(text); }; };
  const ListenerId first = socket->on("e", note("first"));
  socket->on("e", note("second"));
  socket->on("f", note("f"));
  socket->on("g", note("g"));
  socket->off(first);
  socket->off(first);
  client.send(R"(2["e"])");
  CHECK(take() == std::vector<std::string>{"second"});
  socket->off("e");
  client.send(R"(2["e"])");
  client.send(R"(2["f"])");
  CHECK(take() == std::vector<std::string>{"f"});
  socket->off();
  client.send(R"(2["f"])");
  client.send(R"(2["g"])");
  CHECK(take().empty());
  CHECK(socket->listener_count("g") == 0);
}

// --- Catch-all listeners

TEST_CASE_FIXTURE(Fixture, "on_any hears every event before its handlers do") {
  socket->on("e", [&] { log.emplace_back("handler"); });
  socket->on_any(note("any"));
  client.send(R"(2["e",1,"two"])");
  client.send(R"(2["unknown"])");
  client.send("2");
  CHECK(take() ==
        std::vector<std::string>{R"(any:e[1,"two"])", "handler", "any:unknown[]", "any:[]"});
}

TEST_CASE_FIXTURE(Fixture, "on_any may answer") {
  socket->on_any([](std::string_view, std::span<const Value>, const Ack& ack) {
    if (ack) ack("from any");
  });
  CHECK(answer(R"(27["e"])") == Packets{R"(37["from any"])"});
  CHECK(answer(R"(2["e"])").empty());
}

TEST_CASE_FIXTURE(Fixture, "prepend_any comes before all others") {
  socket->on_any(note("2"));
  socket->prepend_any(note("1"));
  socket->on_any(note("3"));
  socket->prepend_any(note("0"));
  CHECK(socket->listeners_any() == 4);
  client.send(R"(2["e"])");
  CHECK(take() == std::vector<std::string>{"0:e[]", "1:e[]", "2:e[]", "3:e[]"});
}

TEST_CASE_FIXTURE(Fixture, "off_any removes one catch-all listener or all") {
  const ListenerId first = socket->on_any(note("1"));
  socket->on_any(note("2"));
  socket->on_any(note("3"));
  socket->off_any(first);
  client.send(R"(2["e"])");
  CHECK(take() == std::vector<std::string>{"2:e[]", "3:e[]"});
  socket->off_any();
  client.send(R"(2["e"])");
  CHECK(take().empty());
  CHECK(socket->listeners_any() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a catch-all listener may remove itself") {
  ListenerId own{};
  own = socket->on_any([&](std::string_view, std::span<const Value>) {
    log.emplace_back("own");
    socket->off_any(own);
  });
  socket->on_any(note("other"));
  client.send(R"(2["e"])");
  client.send(R"(2["e"])");
  CHECK(take() == std::vector<std::string>{"own", "other:e[]", "other:e[]"});
}

TEST_CASE_FIXTURE(Fixture, "an exception in a catch-all listener spares the others and the event") {
  socket->on_any([](std::string_view, std::span<const Value>) { throw std::runtime_error("no"); });
  socket->on_any(note("any"));
  socket->on("e", [&] { log.emplace_back("handler"); });
  client.send(R"(2["e"])");
  CHECK(take() == std::vector<std::string>{"any:e[]", "handler"});
  CHECK(errors.texts == Packets{"e: no"});
}

// --- Outgoing events

TEST_CASE_FIXTURE(Fixture, "on_any_outgoing hears what is sent to the socket alone") {
  socket->on_any_outgoing(note("out"));
  socket->emit("e", 1, "two");
  socket->emit("bin", Bytes("x"));
  socket->emit_with_ack("q", 3, [](std::error_code) {});
  socket->send("text");
  CHECK(take() == std::vector<std::string>{R"(out:e[1,"two"])", "out:bin[null]", "out:q[3]",
                                           R"(out:message["text"])"});
  CHECK(client.received().size() == 5);
}

TEST_CASE_FIXTURE(Fixture, "on_any_outgoing hears broadcasts, as far as they concern the socket") {
  socket->join("room");
  socket->on_any_outgoing(note("out"));
  io.emit("all", 1);
  io.to("room").emit("room", 2);
  io.to("other").emit("other");
  io.except("room").emit("except");
  socket->broadcast().emit("not to itself");
  io.to("room").emit("bin", Bytes("x"));
  CHECK(take() == std::vector<std::string>{"out:all[1]", "out:room[2]", "out:bin[null]"});
}

TEST_CASE_FIXTURE(Fixture, "on_any_outgoing sees attachments as they are") {
  Value seen;
  socket->on_any_outgoing(
      [&](std::string_view, std::span<const Value> args) { seen = args.front(); });
  io.emit("bin", Bytes("data"));
  CHECK(seen == Value(Bytes("data")));
}

TEST_CASE_FIXTURE(Fixture, "acknowledgements are no outgoing events") {
  socket->on_any_outgoing(note("out"));
  socket->on("e", [](Ack ack) { ack(1); });
  CHECK(answer(R"(20["e"])") == Packets{"30[1]"});
  CHECK(take().empty());
}

TEST_CASE_FIXTURE(Fixture, "listeners for outgoing events have an order and can be removed") {
  const ListenerId second = socket->on_any_outgoing(note("2"));
  socket->prepend_any_outgoing(note("1"));
  socket->on_any_outgoing(note("3"));
  CHECK(socket->listeners_any_outgoing() == 3);
  CHECK(socket->listeners_any() == 0);
  socket->emit("e");
  CHECK(take() == std::vector<std::string>{"1:e[]", "2:e[]", "3:e[]"});
  socket->off_any_outgoing(second);
  io.emit("e");
  CHECK(take() == std::vector<std::string>{"1:e[]", "3:e[]"});
  socket->off_any_outgoing();
  socket->emit("e");
  io.emit("e");
  CHECK(take().empty());
  CHECK(socket->listeners_any_outgoing() == 0);
}
