// SPDX-License-Identifier: MIT
//
// What events carry, from the client and to it, and when they are not delivered.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE_FIXTURE(JoinedClient, "arguments of every kind arrive as they were sent") {
  std::vector<Array> seen;
  socket->on("e", [&](Args args) { seen.push_back(std::move(args.values)); });
  client.send(R"(2["e"])");
  client.send(R"(2["e",1,"2",[3],{"four":4.5},true,null])");
  client.send(R"(52-["e",{"_placeholder":true,"num":1},[{"_placeholder":true,"num":0},"swag"]])");
  client.send_binary("first");
  client.send_binary("second");
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].empty());
  CHECK((seen[1] == Array{1, "2", Array{3}, Object{{"four", 4.5}}, true, nullptr}));
  CHECK((seen[2] == Array{Bytes("second"), Array{Bytes("first"), "swag"}}));
}

TEST_CASE_FIXTURE(JoinedClient, "arguments of every kind are sent in one packet") {
  const Bytes bytes("data");
  socket->emit("e", 1, "2", Array{3}, Object{{"four", 4.5}}, true, nullptr);
  socket->emit("e", 1, bytes, "3", Array{bytes, "swag", bytes});
  CHECK(client.received() ==
        Packets{R"(2["e",1,"2",[3],{"four":4.5},true,null])",
                R"(53-["e",1,{"_placeholder":true,"num":0},"3",[{"_placeholder":true,"num":1},)"
                R"("swag",{"_placeholder":true,"num":2}]])",
                "<data>", "<data>", "<data>"});
}

TEST_CASE_FIXTURE(JoinedClient, "text of every script is left as it is") {
  socket->on("echo", [](std::string text) { return text; });
  for (const char* text : {"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "石室詩士施氏，嗜獅",
                           "👩‍👩‍👧 utf8 — string", "\\u2028\xE2\x80\xA8"}) {
    CAPTURE(std::string(text));
    const std::string json = to_json(Value(std::string(text)));
    CHECK(answer(R"(20["echo",)" + json + "]") == Packets{"30[" + json + "]"});
  }
}

TEST_CASE_FIXTURE(JoinedClient, "nine hundred kilobytes of binary pass both ways") {
  std::string large(900'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
  socket->on("big", [this](Object value) { socket->emit("big", std::move(value)); });
  client.send(R"(51-["big",{"image":{"_placeholder":true,"num":0}}])");
  client.send_binary(large);
  CHECK(client.received() ==
        Packets{R"(51-["big",{"image":{"_placeholder":true,"num":0}}])", "<" + large + ">"});
}

TEST_CASE_FIXTURE(JoinedClient, "a question may carry attachments, and so may its answer") {
  Bytes answer;
  std::error_code outcome;
  socket->emit_with_ack("q", Bytes("question"), [&](std::error_code error, Bytes bytes) {
    outcome = error;
    answer = std::move(bytes);
  });
  CHECK(client.received() == Packets{R"(51-0["q",{"_placeholder":true,"num":0}])", "<question>"});
  client.send(R"(61-0[{"_placeholder":true,"num":0}])");
  client.send_binary("answer");
  CHECK_FALSE(outcome);
  CHECK(answer == Bytes("answer"));
}

TEST_CASE("each namespace has the auth of its own CONNECT, and the query of the session") {
  Server io;
  std::vector<Handshake> seen;
  const auto keep = [&](SocketPtr socket) { seen.push_back(socket->handshake()); };
  io.on_connection(keep);
  io.of("/second").on_connection(keep);
  TestClient client(io);
  client.send(R"(0{"key":"main"})");
  client.send(R"(0/second,{"key1":"aa","key2":"&=bb"})");
  REQUIRE(seen.size() == 2);
  CHECK(to_json(seen[0].auth()) == R"({"key":"main"})");
  CHECK(to_json(seen[1].auth()) == R"({"key1":"aa","key2":"&=bb"})");
  CHECK(seen[1].query().find("key1") == nullptr);
  CHECK(*seen[1].query().find("EIO") == "4");
  CHECK(*seen[1].query().find("token") == "abc");
}

TEST_CASE("every connection handler of a namespace is called") {
  Server io;
  std::string calls;
  io.of("/news").on_connection([&](SocketPtr) { calls += 'a'; });
  io.of("/news").on_connection([&](SocketPtr) { calls += 'b'; });
  io.of("/chat").on_connection([&](SocketPtr) { calls += 'c'; });
  TestClient client(io);
  client.join("/news");
  CHECK(calls == "ab");
}

// Node.js servers drop what came before a DISCONNECT in the same turn, too.
TEST_CASE_FIXTURE(JoinedClient,
                  "what a client sends before it leaves is delivered, what comes after is not") {
  std::vector<std::string> calls;
  socket->on("e", [&](std::string text) { calls.push_back(std::move(text)); });
  client.send(R"(2["e","before"])");
  client.send("1");
  client.send(R"(2["e","after"])");
  CHECK(calls == std::vector<std::string>{"before"});
  CHECK_FALSE(client.open());
}

TEST_CASE_FIXTURE(JoinedClient, "who has left joins no room") {
  socket->disconnect();
  socket->join("room");
  CHECK(socket->rooms().empty());
  CHECK_FALSE(socket->in_room("room"));
  CHECK(client.received() == Packets{"1"});
  io.to("room").emit("e");
  CHECK(client.received().empty());
}

TEST_CASE("names that the protocol keeps for itself throw, whoever emits") {
  Server io;
  for (const char* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener",
                           "removeListener"}) {
    CAPTURE(std::string(name));
    CHECK_THROWS_AS(io.emit(name), std::invalid_argument);
    CHECK_THROWS_AS(io.of("/nsp").emit(name, 1), std::invalid_argument);
    CHECK_THROWS_AS(io.to("room").emit(name), std::invalid_argument);
    CHECK_THROWS_WITH(io.emit(name), doctest::Contains("reserved"));
  }
}
