// SPDX-License-Identifier: MIT
#include "patchbay/handler.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

int plus_one(int number) {
  return number + 1;
}

}  // namespace

TEST_CASE_FIXTURE(JoinedClient, "an argument of the wrong kind is told to both sides") {
  bool called = false;
  socket->on("e", [&](std::string /*a*/, int /*b*/) { called = true; });
  CHECK(answer(R"(27["e","x","y"])") ==
        Packets{R"(37[{"error":"argument 2: expected integer, got string"}])"});
  CHECK_FALSE(called);
  CHECK(errors.texts == Packets{"e: argument 2: expected integer, got string"});
  CHECK(errors.exceptions == 0);
  CHECK(client.open());
}

TEST_CASE_FIXTURE(JoinedClient,
                  "a wrong argument that nobody waits to hear of goes to the listener") {
  socket->on("e", [](bool) {});
  CHECK(answer(R"(2["e",{}])").empty());
  CHECK(errors.texts == Packets{"e: argument 1: expected boolean, got object"});
}

TEST_CASE_FIXTURE(JoinedClient, "a missing argument is nothing, and only optional takes nothing") {
  std::vector<std::optional<int>> seen;
  socket->on("optional", [&](std::optional<int> number) { seen.push_back(number); });
  socket->on("strict", [](int) {});
  answer(R"(2["optional"])");
  answer(R"(2["optional",null])");
  answer(R"(2["optional",4])");
  CHECK(seen == std::vector<std::optional<int>>{std::nullopt, std::nullopt, 4});
  CHECK(answer(R"(21["strict"])") ==
        Packets{R"(31[{"error":"argument 1: expected integer, got nothing"}])"});
}

TEST_CASE_FIXTURE(JoinedClient, "the first of several wrong arguments is the one reported") {
  socket->on("e", [](int, int, int) {});
  answer(R"(2["e",1,"two","three"])");
  CHECK(errors.texts == Packets{"e: argument 2: expected integer, got string"});
}

TEST_CASE_FIXTURE(JoinedClient, "arguments too many are ignored") {
  int seen = 0;
  socket->on("e", [&](int number) { seen = number; });
  answer(R"(2["e",5,"more",[]])");
  CHECK(seen == 5);
  CHECK(errors.texts.empty());
}

TEST_CASE_FIXTURE(JoinedClient, "Args takes all arguments that are left, also none") {
  std::vector<Array> seen;
  socket->on("e", [&](int, Args rest) { seen.push_back(std::move(rest.values)); });
  answer(R"(2["e",1])");
  answer(R"(2["e",1,"a",[2]])");
  CHECK(seen == std::vector<Array>{{}, {"a", Array{2}}});
}

TEST_CASE_FIXTURE(JoinedClient, "Ack answers, with any number of values") {
  socket->on("none", [](Ack ack) { ack(); });
  socket->on("two", [](int a, Ack ack) { ack(a, "b"); });
  socket->on("array", [](Args rest, Ack ack) { ack.answer(std::move(rest.values)); });
  CHECK(answer(R"(20["none"])") == Packets{"30[]"});
  CHECK(answer(R"(21["two",1])") == Packets{R"(31[1,"b"])"});
  CHECK(answer(R"(22["array",1,2,3])") == Packets{"32[1,2,3]"});
}

TEST_CASE_FIXTURE(JoinedClient, "an Ack knows whether it was asked for") {
  std::vector<bool> asked;
  socket->on("e", [&](Ack ack) {
    asked.push_back(static_cast<bool>(ack));
    ack("heard by nobody when not asked for");
  });
  CHECK(answer(R"(2["e"])").empty());
  CHECK(answer(R"(20["e"])").size() == 1);
  CHECK(asked == std::vector<bool>{false, true});
}

TEST_CASE_FIXTURE(JoinedClient, "a returned value is the acknowledgement") {
  socket->on("lambda", [](std::string text) { return text + "!"; });
  socket->on("function", plus_one);
  socket->on("mutable", [count = 0]() mutable { return ++count; });
  CHECK(answer(R"(20["lambda","hi"])") == Packets{R"(30["hi!"])"});
  CHECK(answer(R"(21["function",1])") == Packets{"31[2]"});
  CHECK(answer(R"(22["mutable"])") == Packets{"32[1]"});
  CHECK(answer(R"(23["mutable"])") == Packets{"33[2]"});
  CHECK(answer(R"(2["function",1])").empty());
}

TEST_CASE_FIXTURE(JoinedClient, "of several answers the first counts") {
  socket->on("e", [](Ack ack) {
    ack("first");
    ack("second");
    return "third";
  });
  socket->on("e", [] { return "fourth"; });
  CHECK(answer(R"(20["e"])") == Packets{R"(30["first"])"});
}

TEST_CASE_FIXTURE(JoinedClient, "an exception goes to the listener, and the connection lives") {
  socket->on("standard", [] { throw std::runtime_error("broken"); });
  socket->on("other", [] { throw 5; });
  int later = 0;
  socket->on("standard", [&] { ++later; });
  CHECK(answer(R"(20["standard"])").empty());
  CHECK(answer(R"(2["other"])").empty());
  CHECK(errors.texts == Packets{"standard: broken", "other: unknown exception"});
  CHECK(errors.exceptions == 2);
  CHECK(later == 1);
  CHECK(client.open());
  CHECK(socket->connected());
  socket->on("ping", [] { return "pong"; });
  CHECK(answer(R"(21["ping"])") == Packets{R"(31["pong"])"});
}

TEST_CASE_FIXTURE(JoinedClient, "every handler gets its own copy of the arguments, in order") {
  Packets seen;
  for (const char* name : {"a", "b", "c"}) {
    socket->on("e", [&seen, name](std::string text) { seen.push_back(name + std::move(text)); });
  }
  answer(R"(2["e","!"])");
  CHECK(seen == Packets{"a!", "b!", "c!"});
}

TEST_CASE_FIXTURE(JoinedClient, "a handler for whole calls sees the event as it came") {
  Packets seen;
  socket->on("e", EventHandler([&](EventCall& call) {
               seen.push_back(std::string(call.event) + to_json(call.args) + (call.ack ? "?" : ""));
             }));
  answer(R"(21["e",1,"x"])");
  CHECK(seen == Packets{R"(e[1,"x"]?)"});
}

TEST_CASE_FIXTURE(JoinedClient, "move-only and by-reference parameters work") {
  std::string seen;
  socket->on("ref",
             [&](const std::string& text, const Value& value) { seen = text + to_json(value); });
  answer(R"(2["ref","a",{"b":1}])");
  CHECK(seen == R"(a{"b":1})");
}

TEST_CASE_FIXTURE(JoinedClient,
                  "names may be numbers, and an event without a name reaches nobody") {
  int calls = 0;
  socket->on("7", [&] { ++calls; });
  socket->on("", [&] { calls += 100; });
  answer("2[7]");
  answer("2");
  CHECK(calls == 1);
  CHECK(client.open());
}
