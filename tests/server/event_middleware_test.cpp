// SPDX-License-Identifier: MIT
//
// Middlewares of one socket, through which its events go (Socket::use).
#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

struct Fixture : JoinedClient {
  // Writes down what "e" and "error" get.
  Fixture() {
    socket->on("e", [this](Args args) { log.push_back("e" + to_json(args.values)); });
    socket->on("error", [this](std::string message, Value data) {
      log.push_back("error " + message + " " + to_json(data));
    });
  }
  std::vector<std::string> take() { return std::exchange(log, {}); }

  std::vector<std::string> log;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "middlewares may change the event") {
  socket->use([](IncomingEvent& event, Next next) {
    CHECK(event.name == "join");
    CHECK((event.args == Array{"woot"}));
    event.args.insert(event.args.begin(), event.name);
    event.name = "e";
    next();
  });
  socket->use([](IncomingEvent& event, Next next) {
    CHECK(event.name == "e");
    event.args.emplace_back(2);
    next();
  });
  client.send(R"(2["join","woot"])");
  CHECK(take() == std::vector<std::string>{R"(e["join","woot",2])"});
}

TEST_CASE_FIXTURE(
    Fixture,
    "an event that is turned away becomes an error event, of which the client hears nothing") {
  socket->use([](IncomingEvent&, Next next) {
    next(ConnectError{.message = "Authentication error", .data = Object{{"code", 7}}});
  });
  socket->use([](IncomingEvent&, Next) { FAIL("not asked any more"); });
  CHECK(answer(R"(20["e",1])").empty());
  CHECK(take() == std::vector<std::string>{R"(error Authentication error {"code":7})"});
  CHECK(client.open());
  CHECK(socket->connected());
}

TEST_CASE_FIXTURE(JoinedClient, "an error event that nobody listens to does no harm") {
  socket->use([](IncomingEvent&, Next next) { next(ConnectError{.message = "no"}); });
  CHECK(answer(R"(20["e"])").empty());
  CHECK(client.open());
  CHECK(errors.texts.empty());
}

TEST_CASE_FIXTURE(Fixture, "catch-all listeners come before middlewares") {
  socket->on_any([this](std::string_view event, std::span<const Value>) {
    log.push_back("any " + std::string(event));
  });
  socket->use([this](IncomingEvent& event, Next next) {
    log.push_back("use " + event.name);
    next();
  });
  client.send(R"(2["e",1])");
  CHECK(take() == std::vector<std::string>{"any e", "use e", "e[1]"});
}

TEST_CASE_FIXTURE(Fixture, "a middleware may pass the event on later, and answer it") {
  std::optional<Next> kept;
  socket->use([&](IncomingEvent& event, Next next) {
    if (event.ack) event.ack("seen");
    kept = std::move(next);
  });
  CHECK(answer(R"(25["e",1])") == Packets{R"(35["seen"])"});
  CHECK(take().empty());
  (*kept)();
  (*kept)();
  CHECK(take() == std::vector<std::string>{"e[1]"});
}

TEST_CASE_FIXTURE(Fixture, "an event whose client left meanwhile is not delivered") {
  std::optional<Next> kept;
  socket->use([&](IncomingEvent&, Next next) { kept = std::move(next); });
  client.send(R"(2["e",1])");
  client.send("1");
  (*kept)();
  CHECK(take().empty());
}

TEST_CASE_FIXTURE(Fixture, "a middleware may deal with an event itself, which is no error") {
  socket->use([](IncomingEvent& event, Next next) {
    event.ack("done");
    next.stop();
    next();
    next(ConnectError{.message = "too late"});
  });
  socket->use([](IncomingEvent&, Next) { FAIL("not asked any more"); });
  CHECK(answer(R"(20["e",1])") == Packets{R"(30["done"])"});
  CHECK(take().empty());
  CHECK(answer(R"(21["e",1])") == Packets{R"(31["done"])"});
}

TEST_CASE("a middleware of clients that stops turns away") {
  Server io;
  io.use([](SocketPtr, Next next) { next.stop(); });
  TestClient client(io);
  client.send("0");
  CHECK(client.received() == Packets{R"(4{"message":"Internal server error"})"});
}

TEST_CASE_FIXTURE(Fixture, "an exception in a middleware turns the event away") {
  socket->use([](IncomingEvent&, Next) { throw std::runtime_error("secret"); });
  CHECK(answer(R"(20["e"])").empty());
  const auto seen = take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].starts_with("error "));
  CHECK(seen[0].find("secret") == std::string::npos);
  CHECK(errors.texts == Packets{"middleware: secret"});
}

TEST_CASE_FIXTURE(Fixture, "middlewares do not see acknowledgements, nor the end") {
  int seen = 0;
  socket->use([&](IncomingEvent&, Next next) {
    ++seen;
    next();
  });
  std::error_code outcome = Errc::ack_timeout;
  socket->emit_with_ack("q", [&](std::error_code error) { outcome = error; });
  client.send("30[]");
  CHECK_FALSE(outcome);
  client.send("1");
  CHECK(seen == 0);
}
