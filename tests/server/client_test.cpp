// SPDX-License-Identifier: MIT
#include "client.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// Server, namespace "/other" and what the server says about clients that break the rules.
struct Fixture {
  Fixture() {
    io.of("/other");
    io.on_protocol_error([this](const ProtocolError& error) { violations.push_back(error); });
    io.on_connection([this](SocketPtr socket) {
      socket->on("disconnect", [this](std::string reason) { reasons.push_back(reason); });
      socket->on("e", [this] { ++events; });
    });
  }

  Server io;
  std::vector<ProtocolError> violations;
  Packets reasons;
  int events = 0;
};

// Messages of a client that has joined "/"; the last one breaks the rules.
struct Violation {
  const char* text;
  Errc reason;
};

constexpr Violation kViolations[] = {
    {"", Errc::sio_empty_packet},
    {"7", Errc::sio_unknown_packet_type},
    {"x", Errc::sio_unknown_packet_type},
    {"0/other,foo", Errc::json_syntax},
    {"0/other,[]", Errc::sio_bad_payload},
    {"0/other,null", Errc::sio_bad_payload},
    {R"(0/other,"x")", Errc::sio_bad_payload},
    {"1{}", Errc::sio_bad_payload},
    {"2{}", Errc::sio_bad_payload},
    {"2[]", Errc::sio_bad_payload},
    {"2[null]", Errc::sio_bad_payload},
    {R"(2["e")", Errc::json_syntax},
    {R"(2["e"]x)", Errc::json_syntax},
    {R"(2["disconnect"])", Errc::sio_reserved_event},
    {R"(2["connect"])", Errc::sio_reserved_event},
    {R"(2["newListener"])", Errc::sio_reserved_event},
    {"31{}", Errc::sio_bad_payload},
    {R"(4{"message":"x"})", Errc::sio_unexpected_packet},
    {R"(5["e"])", Errc::sio_bad_attachment_count},
    {R"(50-["e"])", Errc::sio_bad_attachment_count},
    {R"(511-["e"])", Errc::sio_too_many_attachments},
    {"0", Errc::sio_already_connected},
    {R"(2/other,["e"])", Errc::sio_not_connected},
    {"3/other,1[]", Errc::sio_not_connected},
    {"1/other,", Errc::sio_not_connected},
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "whoever breaks the protocol loses the connection, silently") {
  for (const Violation& violation : kViolations) {
    CAPTURE(std::string(violation.text));
    violations.clear();
    reasons.clear();
    TestClient client(io);
    client.join();
    client.send(violation.text);
    client.send(R"(2["e"])");
    CHECK_FALSE(client.open());
    CHECK(client.received().empty());
    CHECK(reasons == Packets{"forced close"});
    REQUIRE(violations.size() == 1);
    CHECK(label(violations[0].reason) == label(violation.reason));
    CHECK(violations[0].session_id == "session");
    CHECK(violations[0].remote_address == "192.0.2.7");
  }
  CHECK(events == 0);
  CHECK(io.sockets().socket_count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "attachments out of turn close the connection") {
  TestClient client(io);
  client.join();
  SUBCASE("binary that nobody waits for") {
    client.send_binary("x");
  }
  SUBCASE("text instead of an attachment") {
    client.send(R"(51-["e",{"_placeholder":true,"num":0}])");
    client.send(R"(2["e"])");
  }
  SUBCASE("a placeholder that points nowhere") {
    client.send(R"(51-["e",{"_placeholder":true,"num":1}])");
    client.send_binary("x");
  }
  CHECK_FALSE(client.open());
  CHECK(events == 0);
  CHECK(violations.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "packets before CONNECT close the connection") {
  for (const char* text : {R"(2["e"])", "31[]", "1"}) {
    TestClient client(io);
    client.send(text);
    CHECK_FALSE(client.open());
    CHECK(client.received().empty());
  }
  CHECK(events == 0);
}

TEST_CASE_FIXTURE(Fixture, "nothing is taken from a client that is still joining") {
  std::optional<Next> kept;
  io.use([&](SocketPtr, Next next) { kept = std::move(next); });
  for (const char* text : {R"(2["e"])", "0", "1"}) {
    TestClient client(io);
    client.send("0");
    client.send(text);
    CHECK_FALSE(client.open());
    (*kept)();
    CHECK(client.received().empty());
  }
  CHECK(io.sockets().socket_count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a second DISCONNECT closes the connection, joining again does not") {
  TestClient client(io);
  client.join();
  client.send("1");
  CHECK(client.open());
  CHECK_FALSE(client.join().empty());
  client.send("1");
  CHECK(client.open());
  client.send("1");
  CHECK_FALSE(client.open());
  CHECK(reasons == Packets{"client namespace disconnect", "client namespace disconnect"});
}

TEST_CASE_FIXTURE(Fixture, "what is in doubt but allowed keeps the connection") {
  TestClient client(io);
  client.join();
  for (const char* text : {"2", "3", "39[]", R"(2["connection"])", "2[5]", R"(2007["e"])",
                           R"(2["e",{"_placeholder":true,"num":0}])"}) {
    CAPTURE(std::string(text));
    client.send(text);
    CHECK(client.open());
  }
  CHECK(events == 2);
  CHECK(violations.empty());
}

TEST_CASE_FIXTURE(Fixture, "a handler that closes the connection is not called again") {
  io.of("/quit").on_connection(
      [](SocketPtr socket) { socket->on("e", [s = socket.get()] { s->disconnect(true); }); });
  TestClient client(io);
  client.join();
  client.join("/quit");
  client.send(R"(2/quit,["e"])");
  client.send(R"(2["e"])");
  CHECK(events == 0);
  CHECK(violations.empty());
  CHECK(reasons == Packets{"server namespace disconnect"});
}

TEST_CASE("one client may be in so many namespaces only") {
  ServerOptions options;
  options.limits.namespaces_per_client = 3;
  Server io(options);
  for (const char* name : {"/a", "/b", "/c", "/d"}) io.of(name);
  TestClient client(io);
  for (const char* name : {"/a", "/b", "/c"}) CHECK_FALSE(client.join(name).empty());
  client.send("1/b,");
  CHECK_FALSE(client.join("/d").empty());
  CHECK(client.join("/b").empty());
  CHECK_FALSE(client.open());
}

TEST_CASE("asking for unknown namespaces takes no places") {
  ServerOptions options;
  options.limits.namespaces_per_client = 2;
  Server io(options);
  TestClient client(io);
  for (int i = 0; i < 100; ++i) CHECK(client.join("/unknown" + std::to_string(i)).empty());
  CHECK_FALSE(client.join().empty());
}

TEST_CASE("a client that joins nothing has to go") {
  ServerOptions options;
  options.connect_timeout = Millis(1);
  Server io(options);
  Errc reason = Errc::none;
  io.on_protocol_error([&](const ProtocolError& error) { reason = error.reason; });
  TestClient idle(io);
  TestClient refused(io);
  refused.join("/unknown");
  TestClient joined(io);
  joined.join();
  auto& loop = io.engine().loop(0).io_context();
  while ((idle.open() || refused.open()) && loop.run_one_for(std::chrono::seconds(10)) != 0) {
  }
  CHECK_FALSE(idle.open());
  CHECK_FALSE(refused.open());
  CHECK(joined.open());
  CHECK(label(reason) == label(Errc::sio_connect_timeout));
}

TEST_CASE_FIXTURE(Fixture, "sockets learn why the session ended") {
  const auto reason_of = [this](eio::CloseReason reason) {
    reasons.clear();
    TestClient client(io);
    client.join();
    client.lose(reason);
    REQUIRE(reasons.size() == 1);
    return reasons[0];
  };
  CHECK(reason_of(eio::CloseReason::transport_error) == "transport error");
  CHECK(reason_of(eio::CloseReason::transport_close) == "transport close");
  CHECK(reason_of(eio::CloseReason::forced_close) == "forced close");
  CHECK(reason_of(eio::CloseReason::ping_timeout) == "ping timeout");
  CHECK(reason_of(eio::CloseReason::parse_error) == "parse error");
}
