// SPDX-License-Identifier: MIT
#include "patchbay/socket.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "dummy_session.hpp"
#include "patchbay/patchbay.hpp"

using namespace patchbay;
using patchbay::test::join;
using patchbay::test::open_session;
using Sent = std::vector<std::string>;

namespace {

struct Fixture {
  Server io;
  SocketPtr socket;  // of whoever joined the main namespace last

  Fixture() {
    io.on_connection([this](SocketPtr joined) { socket = std::move(joined); });
  }
};

}  // namespace

TEST_CASE("a client that joins gets the id of its socket and nothing else") {
  Fixture f;
  const auto session = open_session(f.io);
  session->receive(R"(0{"user":"ann"})");
  REQUIRE(f.socket);
  CHECK(session->take() == Sent{R"(0{"sid":")" + f.socket->id() + "\"}"});
  CHECK(f.socket->connected());
  CHECK(f.socket->id().size() == 20);
  CHECK(f.socket->id() != session->id());
  CHECK(f.socket->handshake().auth()["user"] == Value("ann"));
  CHECK(f.socket->handshake().address() == "192.0.2.1");
  CHECK(*f.socket->handshake().query().find("token") == "abc");
  CHECK(f.socket->transport() == "polling");
}

TEST_CASE("the handshake has the names and forms of Node.js") {
  Fixture f;
  join(f.io);
  const Object handshake = f.socket->handshake().to_object();
  std::vector<std::string> names;
  for (const auto& [name, value] : handshake) names.push_back(name);
  CHECK(names ==
        Sent{"headers", "time", "address", "xdomain", "secure", "issued", "url", "query", "auth"});
  CHECK((*handshake.find("headers"))["host"] == Value("example.com"));
  CHECK(*handshake.find("xdomain") == Value(false));
  CHECK(handshake.find("auth")->is_object());
}

TEST_CASE("events reach every handler of their name, with typed arguments") {
  Fixture f;
  const auto session = join(f.io);
  Sent calls;
  f.socket->on("a", [&](int n, std::string s) { calls.push_back(std::to_string(n) + s); });
  f.socket->on("a", [&](int n) { calls.push_back(std::to_string(n)); });
  f.socket->on("b", [&] { calls.emplace_back("b"); });
  session->receive(R"(2["a",1,"x"])");
  session->receive(R"(2["none"])");
  session->receive("2");
  session->receive("2[5]");
  CHECK(calls == Sent{"1x", "1"});
  f.socket->on("5", [&] { calls.emplace_back("five"); });
  session->receive("2[5]");
  CHECK(calls.back() == "five");
  f.socket->off("a");
  session->receive(R"(2["a",1,"x"])");
  CHECK(calls.size() == 3);
}

TEST_CASE("emit sends events; reserved names are the programmer's mistake") {
  Fixture f;
  const auto session = join(f.io);
  f.socket->emit("hello", 1, 2.5, true, nullptr, "text", std::vector<int>{1, 2});
  CHECK(session->take() == Sent{R"(2["hello",1,2.5,true,null,"text",[1,2]])"});
  for (const auto name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener",
                          "removeListener"}) {
    CHECK_THROWS_WITH_AS(f.socket->emit(name), doctest::Contains("reserved"),
                         std::invalid_argument);
  }
  CHECK(session->take().empty());
}

TEST_CASE("attachments follow their packet with nothing between") {
  Fixture f;
  const auto session = join(f.io);
  f.socket->emit("file", Bytes("one"), Object{{"inner", Bytes("two")}});
  f.socket->emit("next");
  CHECK(session->take() ==
        Sent{R"(52-["file",{"_placeholder":true,"num":0},{"inner":{"_placeholder":true,"num":1}}])",
             "binary one", "binary two", R"(2["next"])"});
}

TEST_CASE("binary arguments arrive as Bytes") {
  Fixture f;
  const auto session = join(f.io);
  std::string got;
  f.socket->on("file", [&](Bytes data) { got = data.view(); });
  session->receive(R"(51-["file",{"_placeholder":true,"num":0}])");
  CHECK(got.empty());
  session->receive_binary("content");
  CHECK(got == "content");
}

TEST_CASE("a returned value and an Ack answer an event, once") {
  Fixture f;
  const auto session = join(f.io);
  Ack kept;
  f.socket->on("add", [](int a, int b) { return a + b; });
  f.socket->on("later", [&](Ack ack) { kept = std::move(ack); });
  f.socket->on("bin", [] { return Bytes("x"); });
  session->receive(R"(27["add",1,2])");
  session->receive(R"(2["add",1,2])");
  session->receive(R"(28["later"])");
  session->receive(R"(29["bin"])");
  CHECK(session->take() == Sent{"37[3]", R"(61-9[{"_placeholder":true,"num":0}])", "binary x"});
  REQUIRE(kept);
  kept("done", 1);
  kept("again");
  CHECK(session->take() == Sent{R"(38["done",1])"});
}

TEST_CASE("an acknowledgement after the end is dropped") {
  Fixture f;
  const auto session = join(f.io);
  Ack kept;
  f.socket->on("later", [&](Ack ack) { kept = std::move(ack); });
  session->receive(R"(28["later"])");
  session->end(eio::CloseReason::transport_close, Errc::none);
  kept("too late");
  f.socket.reset();
  kept("way too late");
  CHECK(session->take().empty());
}

TEST_CASE("arguments that do not convert are an error to the listener and to the ack") {
  Fixture f;
  std::vector<HandlerError> errors;
  f.io.on_error([&](const HandlerError& error) { errors.push_back(error); });
  const auto session = join(f.io);
  int calls = 0;
  f.socket->on("add", [&](int, int) { ++calls; });
  const struct {
    std::string event;
    std::string text;
  } rows[] = {
      {R"(21["add",1])", "argument 2: expected integer, got nothing"},
      {R"(21["add",1,"2"])", "argument 2: expected integer, got string"},
      {R"(21["add",{},2])", "argument 1: expected integer, got object"},
      {R"(21["add",1.5,2])", "argument 1: expected integer, got number"},
      {R"(21["add",4294967296,2])", "argument 1: expected integer, got number"},
      {R"(21["add",null,2])", "argument 1: expected integer, got null"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.event);
    session->receive(row.event);
    CHECK(session->take() == Sent{R"(31[{"error":")" + row.text + "\"}]"});
    REQUIRE(!errors.empty());
    CHECK(errors.back().message == row.text);
    CHECK(errors.back().event == "add");
    CHECK(errors.back().socket == f.socket);
  }
  CHECK(calls == 0);
  session->receive(R"(21["add",1,2.0,"more"])");
  CHECK(calls == 1);
}

TEST_CASE("optional, Args and Value take what there is") {
  Fixture f;
  const auto session = join(f.io);
  Sent calls;
  f.socket->on("a", [&](std::optional<int> n, Args rest) {
    calls.push_back((n ? std::to_string(*n) : "none") + " " + to_json(rest.values));
  });
  f.socket->on("v", [&](Value v) { calls.push_back(to_json(v)); });
  session->receive(R"(2["a"])");
  session->receive(R"(2["a",null,1])");
  session->receive(R"(2["a",5,"x",[]])");
  session->receive(R"(2["v"])");
  session->receive(R"(2["v",{"b":1}])");
  CHECK(calls == Sent{"none []", "none [1]", R"(5 ["x",[]])", "null", R"({"b":1})"});
}

TEST_CASE("an exception out of a handler ends in the error listener; the connection lives") {
  Fixture f;
  std::vector<HandlerError> errors;
  f.io.on_error([&](const HandlerError& error) { errors.push_back(error); });
  const auto session = join(f.io);
  f.socket->on("bad", [] { throw std::runtime_error("broken"); });
  f.socket->on("worse", [] { throw 1; });
  f.socket->on("good", [] { return 1; });
  session->receive(R"(2["bad"])");
  session->receive(R"(2["worse"])");
  session->receive(R"(21["good"])");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].message == "broken");
  CHECK(errors[0].exception);
  CHECK(errors[1].event == "worse");
  CHECK(session->take() == Sent{"31[1]"});
}

TEST_CASE("emit_with_ack calls back once, with converted values or an error") {
  Fixture f;
  const auto session = join(f.io);
  Sent calls;
  const auto ask = [&] {
    f.socket->emit_with_ack("ask", 1, [&](std::error_code error, int a, std::string b) {
      calls.push_back(error ? error.message() : std::to_string(a) + b);
    });
  };
  ask();
  ask();
  ask();
  CHECK(session->take() == Sent{R"(20["ask",1])", R"(21["ask",1])", R"(22["ask",1])"});
  session->receive(R"(31[5,"x"])");
  session->receive(R"(31[6,"y"])");   // answered already
  session->receive(R"(399[1,"z"])");  // never asked
  session->receive("3[1]");           // no id
  session->receive(R"(30["no number"])");
  CHECK(calls == Sent{"5x", std::string(describe(Errc::bad_arguments))});
  session->end(eio::CloseReason::transport_close, Errc::none);
  CHECK(calls.size() == 3);
  CHECK(calls.back() == describe(Errc::ack_disconnected));
  ask();
  CHECK(calls.size() == 4);
  CHECK(calls.back() == describe(Errc::ack_disconnected));
}

TEST_CASE("rooms are told, own room first") {
  Fixture f;
  const auto session = join(f.io);
  f.socket->join("a");
  f.socket->join(std::vector<std::string>{"b", "a"});
  CHECK(f.socket->rooms() == Sent{f.socket->id(), "a", "b"});
  f.socket->leave("a");
  f.socket->leave("never joined");
  CHECK(f.socket->in_room("b"));
  CHECK_FALSE(f.socket->in_room("a"));
  f.socket->leave(f.socket->id());
  CHECK(f.socket->rooms() == Sent{"b"});
  session->end(eio::CloseReason::transport_close, Errc::none);
  f.socket->join("c");
  CHECK(f.socket->rooms().empty());
}

TEST_CASE("disconnecting still sees the rooms, disconnect does not") {
  Fixture f;
  const auto session = join(f.io);
  f.socket->join("a");
  Sent calls;
  for (const std::string_view event : {"disconnecting", "disconnect"}) {
    f.socket->on(event,
                 [&calls, event, s = f.socket.get()](std::string reason, std::string detail) {
                   calls.push_back(std::string(event) + " " + reason + " [" + detail + "] " +
                                   std::to_string(s->rooms().size()));
                 });
  }
  session->end(eio::CloseReason::ping_timeout, Errc::eio_pong_missing);
  const std::string detail(describe(Errc::eio_pong_missing));
  CHECK(calls == Sent{"disconnecting ping timeout [" + detail + "] 2",
                      "disconnect ping timeout [" + detail + "] 0"});
  CHECK_FALSE(f.socket->connected());
}

TEST_CASE("the reasons are those of Node.js") {
  const auto reason_of = [](auto&& end) {
    Fixture f;
    const auto session = join(f.io);
    std::string reason;
    f.socket->on("disconnect", [&](std::string text) { reason = std::move(text); });
    end(f, *session);
    return reason;
  };
  using test::DummySession;
  CHECK(reason_of([](Fixture&, DummySession& s) { s.receive("1"); }) ==
        "client namespace disconnect");
  CHECK(reason_of([](Fixture& f, DummySession&) { f.socket->disconnect(); }) ==
        "server namespace disconnect");
  CHECK(reason_of([](Fixture& f, DummySession&) { f.socket->disconnect(true); }) ==
        "server namespace disconnect");
  CHECK(reason_of([](Fixture& f, DummySession&) { f.io.close(); }) == "server shutting down");
  CHECK(reason_of([](Fixture&, DummySession& s) { s.receive("9"); }) == "forced close");
  CHECK(reason_of([](Fixture&, DummySession& s) {
          s.end(eio::CloseReason::transport_error, Errc::none);
        }) == "transport error");
}

TEST_CASE("disconnect tells the client; closing takes the session along") {
  Fixture f;
  const auto session = join(f.io);
  f.socket->disconnect();
  CHECK(session->take() == Sent{"1"});
  CHECK(session->open());
  f.socket->disconnect();
  f.socket->emit("late");
  CHECK(session->take().empty());
  session->receive("0");
  session->take();
  f.socket->disconnect(true);
  CHECK(session->take() == Sent{"1"});
  CHECK_FALSE(session->open());
}

TEST_CASE("handlers may disconnect, also while being told of a disconnection") {
  Fixture f;
  const auto session = join(f.io);
  int ends = 0;
  f.socket->on("bye", [s = f.socket.get()] { s->disconnect(true); });
  f.socket->on("disconnecting", [&, s = f.socket.get()] {
    ++ends;
    s->disconnect();
    s->disconnect(true);
  });
  session->receive(R"(2["bye"])");
  CHECK(ends == 1);
  CHECK_FALSE(session->open());
}

TEST_CASE("a handler may remove itself and others while it runs") {
  Fixture f;
  const auto session = join(f.io);
  int calls = 0;
  f.socket->on("a", [&, s = f.socket.get()] {
    ++calls;
    s->off("a");
    s->on("a", [&] { calls += 10; });
  });
  session->receive(R"(2["a"])");
  session->receive(R"(2["a"])");
  CHECK(calls == 11);
}

TEST_CASE("a server may go while its clients are connected") {
  auto f = std::make_unique<Fixture>();
  const auto session = join(f->io);
  std::string reason;
  f->socket->on("disconnect", [&](std::string text) { reason = std::move(text); });
  f->socket.reset();
  f.reset();
  CHECK(reason == "server shutting down");
}
