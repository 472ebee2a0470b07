// SPDX-License-Identifier: MIT
#include "patchbay/namespace.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "dummy_session.hpp"
#include "patchbay/patchbay.hpp"

using namespace patchbay;
using patchbay::test::join;
using patchbay::test::open_session;
using Sent = std::vector<std::string>;

TEST_CASE("a name without slash gets one; a namespace is made once") {
  Server io;
  CHECK(&io.of("chat") == &io.of("/chat"));
  CHECK(io.of("chat").name() == "/chat");
  CHECK(&io.of("/") == &io.sockets());
}

TEST_CASE("an unknown namespace is refused, and the connection stays") {
  Server io;
  const auto session = join(io);
  session->receive("0/none,");
  CHECK(session->take() == Sent{R"(4/none,{"message":"Invalid namespace"})"});
  session->receive("0/none?a=b,");
  CHECK(session->take() == Sent{R"(4/none?a=b,{"message":"Invalid namespace"})"});
  CHECK(session->open());
}

TEST_CASE("a client is in several namespaces with a socket each") {
  Server io;
  Sent got;
  SocketPtr admin;
  io.of("/admin").on_connection([&](SocketPtr socket) {
    admin = socket;
    socket->on("x", [&](int n) { got.push_back("admin " + std::to_string(n)); });
  });
  io.on_connection([&](SocketPtr socket) {
    socket->on("x", [&](int n) { got.push_back("main " + std::to_string(n)); });
  });
  const auto session = join(io);
  session->receive("0/admin,");
  REQUIRE(admin);
  CHECK(session->take() == Sent{R"(0/admin,{"sid":")" + admin->id() + "\"}"});
  session->receive(R"(2/admin,["x",1])");
  session->receive(R"(2["x",2])");
  CHECK(got == Sent{"admin 1", "main 2"});
  admin->emit("y");
  CHECK(session->take() == Sent{R"(2/admin,["y"])"});
  session->receive("1/admin,");
  CHECK_FALSE(admin->connected());
  CHECK(session->open());
  CHECK(io.of("/admin").socket_count() == 0);
  CHECK(io.sockets().socket_count() == 1);
}

TEST_CASE("middlewares run in order, before the connection handlers") {
  Server io;
  Sent calls;
  io.use([&](SocketPtr socket, Next next) {
    calls.push_back(socket->connected() ? "connected?" : "one");
    socket->join("early");
    socket->emit("before");
    next();
  });
  io.use([&](SocketPtr, Next next) {
    calls.emplace_back("two");
    next();
  });
  io.on_connection([&](SocketPtr socket) {
    calls.push_back(socket->in_room("early") ? "connection" : "room lost");
  });
  const auto session = open_session(io);
  session->receive("0");
  CHECK(calls == Sent{"one", "two", "connection"});
  const Sent sent = session->take();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0] == R"(2["before"])");
  CHECK(sent[1].starts_with("0{"));
}

TEST_CASE("a middleware turns a client away with message and data") {
  Server io;
  int later = 0;
  io.use([&](SocketPtr socket, Next next) {
    socket->join("room");
    if (socket->handshake().auth()["token"] == Value("secret")) return next();
    next(ConnectError{.message = "unauthorized", .data = Object{{"code", 42}}});
  });
  io.use([&](SocketPtr, Next next) {
    ++later;
    next();
  });
  const auto session = open_session(io);
  session->receive("0");
  CHECK(session->take() == Sent{R"(4{"message":"unauthorized","data":{"code":42}})"});
  CHECK(session->open());
  CHECK(later == 0);
  io.to("room").emit("nobody");
  CHECK(session->take().empty());
  session->receive(R"(0{"token":"secret"})");
  CHECK(later == 1);
  CHECK(session->take().size() == 1);
}

TEST_CASE("a refusal without data has no data") {
  Server io;
  io.use([](SocketPtr, Next next) { next(ConnectError{.message = "no", .data = {}}); });
  const auto session = open_session(io);
  session->receive("0");
  CHECK(session->take() == Sent{R"(4{"message":"no"})"});
}

TEST_CASE("a middleware may take its time; its first word counts") {
  Server io;
  std::optional<Next> held;
  int joined = 0;
  io.use([&](SocketPtr, Next next) { held = std::move(next); });
  io.on_connection([&](SocketPtr) { ++joined; });
  const auto session = open_session(io);
  session->receive("0");
  CHECK(session->take().empty());
  (*held)();
  (*held)();
  (*held)(ConnectError{.message = "too late", .data = {}});
  CHECK(joined == 1);
  CHECK(session->take().size() == 1);
}

TEST_CASE("a middleware that forgets its client, or throws, turns it away") {
  Server io;
  int errors = 0;
  io.on_error([&](const HandlerError&) { ++errors; });
  io.of("/forgets").use([](SocketPtr, Next) {});
  io.of("/throws").use([](SocketPtr, Next) { throw std::runtime_error("secret detail"); });
  const auto session = open_session(io);
  session->receive("0/forgets,");
  CHECK(session->take() == Sent{R"(4/forgets,{"message":"Internal server error"})"});
  session->receive("0/throws,");
  CHECK(session->take() == Sent{R"(4/throws,{"message":"Internal server error"})"});
  CHECK(errors == 1);
}

TEST_CASE("a client that leaves during a middleware is forgotten") {
  Server io;
  std::optional<Next> held;
  int joined = 0;
  io.use([&](SocketPtr socket, Next next) {
    socket->join("room");
    held = std::move(next);
  });
  io.on_connection([&](SocketPtr) { ++joined; });
  const auto session = open_session(io);
  session->receive("0");
  session->end(eio::CloseReason::transport_close, Errc::none);
  (*held)();
  CHECK(joined == 0);
  CHECK(io.sockets().socket_count() == 0);
}

TEST_CASE("joining twice, or using what is not joined, closes the connection") {
  const Sent rows[] = {
      {"0", "0"},
      {R"(2["a"])"},
      {"1"},
      {"3[]"},
      {"0", R"(2/x,["a"])"},
      {"0", "4{\"message\":\"x\"}"},
      {"0", "1", R"(2["a"])"},
      {"0", "1", "1"},
  };
  for (const Sent& packets : rows) {
    CAPTURE(packets.back());
    Server io;
    std::optional<ProtocolError> error;
    io.on_protocol_error([&](const ProtocolError& e) { error = e; });
    const auto session = open_session(io);
    for (const auto& packet : packets) {
      CHECK(session->open());
      session->receive(packet);
    }
    CHECK_FALSE(session->open());
    REQUIRE(error);
    CHECK(error->remote_address == "192.0.2.1");
  }
}

TEST_CASE("joining while a middleware still decides closes the connection") {
  Server io;
  std::optional<Next> held;
  io.use([&](SocketPtr, Next next) { held = std::move(next); });
  const auto session = open_session(io);
  session->receive("0");
  session->receive("0");
  CHECK_FALSE(session->open());
  held.reset();
}

TEST_CASE("a client may leave and come back") {
  Server io;
  int joined = 0;
  io.on_connection([&](SocketPtr) { ++joined; });
  const auto session = join(io);
  session->receive("1");
  session->receive("0");
  CHECK(joined == 2);
  CHECK(session->open());
}
