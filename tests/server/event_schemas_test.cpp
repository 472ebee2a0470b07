// SPDX-License-Identifier: MIT
#include "patchbay/event_schemas.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

constexpr const char* kMessage = R"({"items":[{"type":"string","maxLength":5}],"minItems":1,
  "additionalItems":false})";

struct Fixture {
  explicit Fixture(EventSchemaOptions options = {}) {
    EventSchemas schemas(std::move(options));
    schemas.add("message", kMessage);
    schemas.add("/", "point", R"({"items":[{"properties":{"x":{"type":"integer"}}}]})");
    schemas.install(io.sockets());
    io.on_connection([this](SocketPtr joined) {
      socket = std::move(joined);
      socket->on_any([this](std::string_view, std::span<const Value>) { ++seen; });
      for (const char* event : {"message", "point", "other"}) {
        socket->on(event, [this](Args args) { handled += to_json(args.values); });
      }
      socket->on("error", [this](std::string message, Value data) {
        errors += message + " " + to_json(data);
      });
    });
    client.join();
  }
  Packets answer(std::string_view packet) {
    client.send(packet);
    return client.received();
  }

  Server io;
  SocketPtr socket;
  int seen = 0;
  std::string handled;
  std::string errors;
  TestClient client{io};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an event that does not fit is answered, and reaches no handler") {
  CHECK(answer(R"(20["message","too long"])") ==
        Packets{R"(30[{"error":"the arguments do not fit the schema: maxLength","path":"/0",)"
                R"("keyword":"maxLength"}])"});
  CHECK(handled.empty());
  CHECK(errors == R"(the arguments do not fit the schema: maxLength )"
                  R"({"path":"/0","keyword":"maxLength","event":"message"})");
  CHECK(client.open());
}

TEST_CASE_FIXTURE(Fixture, "without an acknowledgement an event tells the client") {
  CHECK(answer(R"(2["message",1,2])") ==
        Packets{R"(2["schema_error",{"path":"/0","keyword":"type","event":"message",)"
                R"("error":"the arguments do not fit the schema: type"}])"});
  CHECK(handled.empty());
}

TEST_CASE("the event that tells the client may have another name, or none") {
  Fixture named({.error_event = "error"});
  CHECK(named.answer(R"(2["message"])").at(0).starts_with(R"(2["error",{)"));
  Fixture silent({.error_event = ""});
  CHECK(silent.answer(R"(2["message"])").empty());
  CHECK(silent.handled.empty());
  CHECK_THROWS_AS(EventSchemas({.error_event = "disconnect"}), std::invalid_argument);
}

TEST_CASE_FIXTURE(Fixture, "what fits reaches its handlers") {
  CHECK(answer(R"(2["message","hello"])").empty());
  CHECK(answer(R"(2["point",{"x":1}])").empty());
  CHECK(handled == R"(["hello"][{"x":1}])");
}

TEST_CASE_FIXTURE(Fixture, "binary content is no string") {
  client.send(R"(51-["message",{"_placeholder":true,"num":0}])");
  client.send_binary("abc");
  CHECK(client.received().at(0).find("\"keyword\":\"type\"") != std::string::npos);
  CHECK(handled.empty());
}

TEST_CASE_FIXTURE(Fixture, "an event without a schema passes") {
  CHECK(answer(R"(2["other",1])").empty());
  CHECK(handled == "[1]");
}

TEST_CASE("an event without a schema is refused when the option says so") {
  Fixture strict({.refuse_unknown = true});
  CHECK(strict.answer(R"(20["other",1])") ==
        Packets{R"(30[{"error":"the arguments do not fit the schema: unknown event","path":"",)"
                R"("keyword":"unknown event"}])"});
  CHECK(strict.handled.empty());
  const Packets told = strict.answer("2[\"" + std::string(100'000, 'x') + "\"]");
  REQUIRE(told.size() == 1);
  CHECK(told[0].size() < 1'000);
}

TEST_CASE("a namespace's own schema goes before the one for all") {
  Server io;
  EventSchemas schemas;
  schemas.add("e", R"({"maxItems":0})").add("chat", "e", R"({"minItems":1})");
  schemas.install(io.of("/chat"));
  schemas.install(io.of("/other"));
  TestClient client(io);
  client.join("/chat");
  client.join("/other");
  client.send(R"(2/chat,0["e"])");
  client.send(R"(2/chat,1["e",1])");
  client.send(R"(2/other,2["e",1])");
  const Packets received = client.received();
  REQUIRE(received.size() == 2);
  CHECK(received[0].find("minItems") != std::string::npos);
  CHECK(received[1].find("maxItems") != std::string::npos);
}

TEST_CASE("schemas that cannot be used are refused, and so are two for one event") {
  EventSchemas schemas;
  CHECK_THROWS_WITH_AS(schemas.add("e", R"({"items":[{"typ":"x"}]})"),
                       "Schema of \"e\": /items/0/typ: the keyword is not known",
                       std::invalid_argument);
  schemas.add("e", "{}");
  CHECK_THROWS_AS(schemas.add("e", "{}"), std::invalid_argument);
  CHECK_NOTHROW(schemas.add("/", "e", "{}"));
}

TEST_CASE("what is added later does not concern those installed before") {
  Server io;
  EventSchemas schemas;
  schemas.install(io.sockets());
  schemas.add("e", "false");
  TestClient client(io);
  client.join();
  client.send(R"(20["e"])");
  CHECK(client.received().empty());
}
