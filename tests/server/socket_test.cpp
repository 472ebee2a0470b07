// SPDX-License-Identifier: MIT
#include "patchbay/socket.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

// --- Joining

TEST_CASE("the reply to CONNECT carries the socket's id and nothing else") {
  Server io;
  SocketPtr socket;
  io.on_connection([&](SocketPtr joined) { socket = std::move(joined); });
  TestClient client(io);
  client.send("0");
  REQUIRE(socket);
  CHECK(socket->id().size() == 20);
  CHECK(client.received() == Packets{R"(0{"sid":")" + socket->id() + R"("})"});
  CHECK(socket->connected());
  CHECK(socket->transport() == "websocket");
  CHECK(io.sockets().socket_count() == 1);
}

TEST_CASE("the handshake says what the client sent, and outlives the connection") {
  Server io;
  SocketPtr socket;
  io.on_connection([&](SocketPtr joined) { socket = std::move(joined); });
  {
    TestClient client(io);
    client.send(R"(0{"token":"secret"})");
    REQUIRE(socket);
  }
  const Handshake& handshake = socket->handshake();
  CHECK(to_json(handshake.auth()) == R"({"token":"secret"})");
  CHECK(*handshake.query().find("token") == "abc");
  CHECK(handshake.address() == "192.0.2.7");
  CHECK(handshake.headers().find("host") == "example.com");
  CHECK_FALSE(handshake.xdomain());
  CHECK_FALSE(handshake.secure());
  const Object object = handshake.to_object();
  Packets keys;
  for (const auto& [key, value] : object) keys.push_back(key);
  CHECK(keys == Packets{"headers", "time", "address", "xdomain", "secure", "issued", "url", "query",
                        "auth"});
  CHECK(object.find("auth")->as_object().contains("token"));
  CHECK((*object.find("headers"))["host"] == Value("example.com"));
  CHECK(object.find("time")->as_string().ends_with("GMT+0000 (Coordinated Universal Time)"));
}

TEST_CASE("without auth the handshake has an empty object") {
  Server io;
  Value auth;
  io.on_connection([&](SocketPtr socket) { auth = socket->handshake().auth(); });
  TestClient client(io);
  client.join();
  CHECK(to_json(auth) == "{}");
}

TEST_CASE("an exception in a connection handler spares the client and the other handlers") {
  Server io;
  ErrorLog errors(io);
  int later = 0;
  io.on_connection([](SocketPtr) { throw std::runtime_error("broken"); });
  io.on_connection([&](SocketPtr) { ++later; });
  TestClient client(io);
  CHECK_FALSE(client.join().empty());
  CHECK(later == 1);
  CHECK(errors.texts == Packets{"connection: broken"});
}

// --- Emitting

TEST_CASE_FIXTURE(JoinedClient, "what a socket emits reaches its client, in order") {
  socket->emit("a");
  socket->emit("b", 1, "two", Object{{"three", nullptr}});
  socket->emit_values("c", Array{true});
  CHECK(client.received() ==
        Packets{R"(2["a"])", R"(2["b",1,"two",{"three":null}])", R"(2["c",true])"});
}

TEST_CASE_FIXTURE(JoinedClient, "attachments follow their packet at once") {
  socket->emit("a", Bytes("first"), "between", Bytes("second"));
  socket->emit("b");
  CHECK(client.received() ==
        Packets{R"(52-["a",{"_placeholder":true,"num":0},"between",{"_placeholder":true,"num":1}])",
                "<first>", "<second>", R"(2["b"])"});
}

TEST_CASE_FIXTURE(JoinedClient, "a handler gets attachments in their places") {
  Array seen;
  socket->on("file", [&](Args all) { seen = std::move(all.values); });
  client.send(R"(51-["file",{"data":{"_placeholder":true,"num":0}},1])");
  CHECK(seen.empty());
  client.send_binary("\x01\x02");
  CHECK((seen == Array{Object{{"data", Bytes("\x01\x02")}}, 1}));
}

TEST_CASE_FIXTURE(JoinedClient, "names that the protocol keeps for itself throw") {
  for (const char* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener",
                           "removeListener"}) {
    CAPTURE(std::string(name));
    CHECK_THROWS_AS(socket->emit(name), std::invalid_argument);
    CHECK_THROWS_AS(io.emit(name), std::invalid_argument);
    CHECK_THROWS_AS(socket->emit_with_ack(name, [](std::error_code) {}), std::invalid_argument);
  }
  CHECK(client.received().empty());
}

TEST_CASE_FIXTURE(JoinedClient, "after the end nothing is emitted, and nothing breaks") {
  client.lose();
  socket->emit("late");
  socket->join("room");
  socket->leave("room");
  socket->disconnect();
  socket->disconnect(true);
  CHECK(client.received().empty());
  CHECK_FALSE(socket->in_room("room"));
  CHECK(socket->rooms().empty());
  CHECK(socket->transport().empty());
  CHECK_FALSE(socket->connected());
}

TEST_CASE("other namespaces are named in every packet") {
  Server io;
  SocketPtr socket;
  io.of("admin").on_connection([&](SocketPtr joined) { socket = std::move(joined); });
  TestClient client(io);
  const std::string id = client.join("/admin");
  REQUIRE(socket);
  CHECK(socket->id() == id);
  CHECK(&socket->nsp() == &io.of("/admin"));
  socket->emit("e");
  socket->on("q", [] { return 1; });
  client.send(R"(2/admin,5["q"])");
  socket->disconnect();
  CHECK(client.received() == Packets{R"(2/admin,["e"])", "3/admin,5[1]", "1/admin,"});
}

// --- Acknowledgements to the client

TEST_CASE_FIXTURE(JoinedClient, "an acknowledgement may come later") {
  Ack kept;
  socket->on("e", [&](Ack ack) { kept = std::move(ack); });
  CHECK(answer(R"(212["e"])").empty());
  kept("done");
  kept("again");
  CHECK(client.received() == Packets{R"(312["done"])"});
}

TEST_CASE_FIXTURE(JoinedClient, "an acknowledgement may carry attachments") {
  socket->on("e", [] { return Bytes("x"); });
  CHECK(answer(R"(20["e"])") == Packets{R"(61-0[{"_placeholder":true,"num":0}])", "<x>"});
}

TEST_CASE_FIXTURE(JoinedClient, "an acknowledgement after the client has left is dropped") {
  Ack kept;
  socket->on("e", [&](Ack ack) { kept = std::move(ack); });
  answer(R"(20["e"])");
  client.send("1");
  CHECK_FALSE(client.join().empty());
  kept("late");
  CHECK(client.received().empty());
  client.lose();
  kept("later");
}

// --- Acknowledgements from the client

TEST_CASE_FIXTURE(JoinedClient, "a client's answer arrives once") {
  Packets log;
  socket->emit_with_ack("q", 1, [&](std::error_code error, std::string text) {
    log.push_back(error.message() + text);
  });
  CHECK(client.received() == Packets{R"(20["q",1])"});
  client.send(R"(30["yes"])");
  client.send(R"(30["twice"])");
  CHECK(log == Packets{std::error_code().message() + "yes"});
  CHECK(client.open());
}

TEST_CASE_FIXTURE(JoinedClient, "answers find their questions, in whatever order") {
  Packets log;
  for (const char* name : {"a", "b", "c"}) {
    socket->emit_with_ack(name, [&log, name](std::error_code, int value) {
      log.push_back(name + std::to_string(value));
    });
  }
  client.send("32[3]");
  client.send("30[1]");
  client.send("31[2]");
  CHECK(log == Packets{"c3", "a1", "b2"});
}

TEST_CASE_FIXTURE(JoinedClient, "answers to questions never asked are ignored") {
  client.send(R"(399["x"])");
  client.send(R"(3["x"])");
  client.send("3");
  CHECK(client.open());
}

TEST_CASE_FIXTURE(JoinedClient, "an answer of the wrong kind is an error") {
  std::error_code seen;
  int value = 7;
  socket->emit_with_ack("q", [&](std::error_code error, int answered) {
    seen = error;
    value = answered;
  });
  client.send(R"(30["no number"])");
  CHECK(seen == Errc::bad_arguments);
  CHECK(value == 0);
}

TEST_CASE_FIXTURE(JoinedClient, "callbacks take as many values as they like") {
  Packets log;
  socket->emit_with_ack("q", [&](std::error_code) { log.push_back("none"); });
  socket->emit_with_ack("q", [&](std::error_code, int a, std::optional<int> b) {
    log.push_back(std::to_string(a) + (b ? "given" : "missing"));
  });
  socket->emit_values_with_ack("q", {}, {},
                               [&](std::error_code, Array all) { log.push_back(to_json(all)); });
  client.send("30[1,2]");
  client.send("31[1]");
  client.send("32[1,2,3]");
  CHECK(log == Packets{"none", "1missing", "[1,2,3]"});
}

TEST_CASE_FIXTURE(JoinedClient, "questions that are open when the client leaves fail") {
  std::vector<std::error_code> errors_seen;
  for (int i = 0; i < 3; ++i) {
    socket->emit_with_ack("q", [&](std::error_code error) { errors_seen.push_back(error); });
  }
  socket->timeout(Millis(1'000'000)).emit_with_ack("q", [&](std::error_code error, int) {
    errors_seen.push_back(error);
  });
  client.lose();
  CHECK(errors_seen == std::vector<std::error_code>(4, Errc::ack_disconnected));
}

TEST_CASE_FIXTURE(JoinedClient, "a question to someone who has left fails at once") {
  client.send("1");
  std::error_code seen;
  socket->emit_with_ack("q", [&](std::error_code error, std::string) { seen = error; });
  CHECK(seen == Errc::ack_disconnected);
  CHECK(client.received().empty());
}

TEST_CASE_FIXTURE(JoinedClient, "an exception in a callback goes to the listener") {
  const auto throws = [](std::error_code) { throw std::runtime_error("broken"); };
  socket->emit_with_ack("q", throws);
  CHECK_NOTHROW(client.send("30[]"));
  socket->emit_with_ack("q", throws);
  CHECK_NOTHROW(client.lose());
  CHECK_NOTHROW(socket->emit_with_ack("q", throws));
  CHECK(errors.texts == Packets(3, "acknowledgement: broken"));
}

TEST_CASE_FIXTURE(JoinedClient, "a callback may ask the next question") {
  Packets log;
  socket->emit_with_ack("first", [&](std::error_code, int one) {
    socket->emit_with_ack("second", one,
                          [&](std::error_code, int two) { log.push_back(std::to_string(two)); });
  });
  client.send("30[1]");
  CHECK(client.received() == Packets{R"(20["first"])", R"(21["second",1])"});
  client.send("31[2]");
  CHECK(log == Packets{"2"});
}

// --- Rooms

TEST_CASE_FIXTURE(JoinedClient, "a socket is in the room of its id, and in those that it joins") {
  CHECK(socket->rooms() == Packets{id});
  socket->join("a");
  socket->join("a");
  const Packets more{"b", "c"};
  socket->join(more);
  CHECK(socket->rooms() == Packets{id, "a", "b", "c"});
  CHECK(socket->in_room("b"));
  CHECK(socket->in_room(id));
  CHECK_FALSE(socket->in_room("d"));
  socket->leave("b");
  socket->leave("never joined");
  CHECK(socket->rooms() == Packets{id, "a", "c"});
}

TEST_CASE_FIXTURE(JoinedClient, "the own room can be left and joined again") {
  io.to(id).emit("1");
  socket->leave(id);
  CHECK(socket->rooms().empty());
  CHECK_FALSE(socket->in_room(id));
  io.to(id).emit("2");
  socket->join(id);
  io.to(id).emit("3");
  CHECK(client.received() == Packets{R"(2["1"])", R"(2["3"])"});
}

// --- Adding and removing handlers

TEST_CASE_FIXTURE(JoinedClient, "off removes all handlers of one event") {
  int e = 0;
  int f = 0;
  socket->on("e", [&] { ++e; });
  socket->on("e", [&] { ++e; });
  socket->on("f", [&] { ++f; });
  answer(R"(2["e"])");
  socket->off("e");
  socket->off("unknown");
  answer(R"(2["e"])");
  answer(R"(2["f"])");
  CHECK(e == 2);
  CHECK(f == 1);
}

TEST_CASE_FIXTURE(JoinedClient, "a handler may remove itself while it runs") {
  const auto content = std::make_shared<std::string>("content");
  std::string seen;
  socket->on("e", [this, content, &seen] {
    socket->off("e");
    seen += *content;  // what the handler holds is still there
  });
  CHECK(content.use_count() == 2);
  answer(R"(2["e"])");
  CHECK(content.use_count() == 1);
  answer(R"(2["e"])");
  CHECK(seen == "content");
}

TEST_CASE_FIXTURE(JoinedClient, "a handler that is added while the event runs gets the next one") {
  int added = 0;
  socket->on("e", [&, this, once = false]() mutable {
    if (!std::exchange(once, true)) socket->on("e", [&] { ++added; });
  });
  answer(R"(2["e"])");
  CHECK(added == 0);
  answer(R"(2["e"])");
  CHECK(added == 1);
}

TEST_CASE_FIXTURE(JoinedClient, "data of the application's stays with the socket") {
  CHECK(socket->data().is_null());
  socket->data() = Object{{"user", 7}};
  CHECK(socket->data()["user"] == Value(7));
}
