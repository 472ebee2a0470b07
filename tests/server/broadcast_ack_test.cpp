// SPDX-License-Identifier: MIT
//
// Broadcasts that every recipient acknowledges.
#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

ServerOptions short_default() {
  ServerOptions options;
  options.broadcast_ack_timeout = Millis(1);
  return options;
}

// Clients a, b and c have joined.
struct Fixture {
  explicit Fixture(ServerOptions options = {}) : io(std::move(options)) {
    for (const char name : {'a', 'b', 'c'}) {
      clients[name] = std::make_unique<TestClient>(io);
      ids[name] = clients[name]->join();
    }
  }

  auto take_outcome() {
    return [this](std::error_code error, std::vector<Value> values) {
      ++calls;
      outcome = error;
      responses = std::move(values);
    };
  }
  void wait() {
    auto& loop = io.engine().loop(0).io_context();
    while (calls == 0 && loop.run_one_for(std::chrono::seconds(10)) != 0) {
    }
  }

  Server io;
  std::map<char, std::unique_ptr<TestClient>> clients;
  std::map<char, std::string> ids;
  int calls = 0;
  std::optional<std::error_code> outcome;
  Array responses;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "all answers are gathered, in the order they come") {
  io.emit_with_ack("q", 1, take_outcome());
  for (const auto& [name, client] : clients) {
    CHECK(client->received() == Packets{R"(20["q",1])"});
  }
  clients['b']->send("30[2]");
  clients['a']->send(R"(30["one","ignored"])");
  CHECK(calls == 0);
  clients['c']->send("30[]");
  CHECK(calls == 1);
  CHECK(outcome == std::error_code());
  CHECK((responses == Array{2, "one", nullptr}));
}

TEST_CASE_FIXTURE(Fixture, "answers may carry attachments, and so may the question") {
  io.to(ids['a']).emit_with_ack("q", Bytes("x"), take_outcome());
  CHECK(clients['a']->received() == Packets{R"(51-0["q",{"_placeholder":true,"num":0}])", "<x>"});
  clients['a']->send(R"(61-0[{"_placeholder":true,"num":0}])");
  clients['a']->send_binary("y");
  CHECK((responses == Array{Bytes("y")}));
}

TEST_CASE_FIXTURE(Fixture, "a question to nobody is answered at once") {
  io.to("nowhere").timeout(Millis(200)).emit_with_ack("q", take_outcome());
  CHECK(calls == 1);
  CHECK(outcome == std::error_code());
  CHECK(responses.empty());
  for (const auto& [name, client] : clients) CHECK(client->received().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "when the time is up, the answers so far are given, and later ones are ignored") {
  io.timeout(Millis(1)).emit_with_ack("q", take_outcome());
  clients['a']->send("30[1]");
  clients['b']->send("30[2]");
  wait();
  CHECK(outcome == Errc::ack_timeout);
  CHECK((responses == Array{1, 2}));
  clients['c']->send("30[3]");
  CHECK(clients['c']->open());
  CHECK(calls == 1);
}

TEST_CASE("without a limit of its own a question has that of the options") {
  Fixture f(short_default());
  f.io.emit_with_ack("q", f.take_outcome());
  f.wait();
  CHECK(f.outcome == Errc::ack_timeout);
  CHECK(f.responses.empty());
}

TEST_CASE_FIXTURE(Fixture, "a client that leaves without an answer is not waited for") {
  io.emit_with_ack("q", take_outcome());
  clients['a']->send("30[1]");
  clients['b']->lose();
  CHECK(calls == 0);
  clients['c']->send("30[3]");
  CHECK(calls == 1);
  CHECK(outcome == Errc::ack_disconnected);
  CHECK((responses == Array{1, 3}));
}

TEST_CASE_FIXTURE(Fixture, "an answer counts once, and only from those that were asked") {
  io.except(ids['c']).emit_with_ack("q", take_outcome());
  clients['a']->send("30[1]");
  clients['a']->send("30[1]");
  clients['c']->send("30[3]");
  CHECK(calls == 0);
  clients['b']->send("30[2]");
  CHECK((responses == Array{1, 2}));
}

TEST_CASE_FIXTURE(
    Fixture, "ids of questions are counted per namespace, so that all recipients get the same") {
  io.emit_with_ack("first", [](std::error_code, std::vector<Value>) {});
  io.to(ids['a']).emit_with_ack("second", [](std::error_code, std::vector<Value>) {});
  clients['a']->send("0/other,");
  io.of("/other");
  clients['b']->join("/other");
  (void)clients['a']->received();
  io.of("/other").emit_with_ack("q", [](std::error_code, std::vector<Value>) {});
  CHECK(clients['b']->received() == Packets{R"(2/other,0["q"])"});
  io.emit_with_ack("third", [](std::error_code, std::vector<Value>) {});
  CHECK(clients['a']->received() == Packets{R"(22["third"])"});
  CHECK(clients['b']->received() == Packets{R"(22["third"])"});
}

TEST_CASE_FIXTURE(Fixture, "a reserved name throws, and nobody is asked") {
  CHECK_THROWS_AS(io.emit_with_ack("connect", take_outcome()), std::invalid_argument);
  CHECK(calls == 0);
  CHECK(clients['a']->received().empty());
}
