// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/connection_machine.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "../support/connection_fixture.hpp"

using namespace patchbay;
using namespace patchbay::sio;
using namespace patchbay::sio::test;

// --- Joining -------------------------------------------------------------------------------------

TEST_CASE("a client asks, is accepted, and sends") {
  Fixture f;
  CHECK(f.text(R"(0{"token":"x"})") == Log{R"(0 wants / {"token":"x"})"});
  CHECK_FALSE(f.machine.joined(0));
  CHECK(f.machine.namespace_of(0) == "/");
  f.machine.accept(0);
  CHECK(f.machine.joined(0));
  CHECK(f.text(R"(2["a",1])") == Log{R"(0 event ["a",1])"});
  CHECK(f.text(R"(212["a"])") == Log{R"(0 event ["a"] id 12)"});
  CHECK(f.text(R"(37["b"])") == Log{R"(0 ack ["b"] id 7)"});
}

TEST_CASE("a connect without payload asks with an empty object") {
  Fixture f;
  CHECK(f.text("0/nsp") == Log{"0 wants /nsp {}"});
}

TEST_CASE("an event without payload has no arguments, an ack without id answers nothing") {
  Fixture f;
  f.join("/");
  CHECK(f.text("2") == Log{"0 event []"});
  CHECK(f.text(R"(3["b"])").empty());
  CHECK(f.text("35") == Log{"0 ack [] id 5"});
}

TEST_CASE("binary packets arrive whole") {
  Fixture f;
  f.join("/");
  CHECK(f.text(R"(52-1["up",{"_placeholder":true,"num":0}])").empty());
  CHECK(f.binary("x").empty());
  CHECK(f.binary("y") == Log{R"(0 event ["up",null] id 1)"});
}

TEST_CASE("namespaces are apart from each other, and compared byte by byte") {
  Fixture f;
  CHECK(f.join("/") == 0);
  CHECK(f.join("/a") == 1);
  CHECK(f.join("/a?x=1") == 2);
  CHECK(f.join("/A") == 3);
  CHECK(f.join("/a/") == 4);
  CHECK(f.text(R"(2/a,["x"])") == Log{R"(1 event ["x"])"});
  CHECK(f.text(R"(2/a?x=1,["x"])") == Log{R"(2 event ["x"])"});
  CHECK(f.machine.namespace_of(3) == "/A");
}

TEST_CASE("a client of revision 5 is in no namespace unasked") {
  Fixture f;
  f.machine.start();
  CHECK(f.recorder.take().empty());
  CHECK(f.machine.revision() == Revision::v5);
  CHECK(f.text("0") == Log{"0 wants / {}"});
}

TEST_CASE("a rejected client may ask again") {
  Fixture f;
  f.text("0");
  f.machine.reject(0);
  CHECK_FALSE(f.machine.joined(0));
  CHECK(f.text("0") == Log{"0 wants / {}"});
}

TEST_CASE("while one namespace is being joined others may be used") {
  Fixture f;
  f.join("/a");
  CHECK(f.text("0/b,") == Log{"1 wants /b {}"});
  CHECK(f.text(R"(2/a,["x"])") == Log{R"(0 event ["x"])"});
  CHECK(f.text("0/c,") == Log{"2 wants /c {}"});
  f.machine.accept(2);
  f.machine.accept(1);
  CHECK(f.text(R"(2/b,["x"])") == Log{R"(1 event ["x"])"});
}

// --- Leaving -------------------------------------------------------------------------------------

TEST_CASE("a client that left may join again, in the slot that became free") {
  Fixture f;
  f.join("/a");
  f.join("/b");
  f.join("/c");
  CHECK(f.text("1/b,") == Log{"1 left"});
  CHECK_FALSE(f.machine.joined(1));
  CHECK(f.join("/d") == 1);
  CHECK(f.join("/b") == 3);
  CHECK(f.text(R"(2/b,["x"])") == Log{R"(3 event ["x"])"});
  CHECK(f.text(R"(2/d,["x"])") == Log{R"(1 event ["x"])"});
}

TEST_CASE("the server makes a client leave without being told about it") {
  Fixture f;
  const Slot slot = f.join("/");
  f.machine.leave(slot);
  CHECK_FALSE(f.machine.joined(slot));
  CHECK(f.recorder.log.empty());
  CHECK(f.join("/") == slot);
}

// --- Violations ----------------------------------------------------------------------------------

TEST_CASE("what breaks the protocol ends the connection") {
  // A client that has joined /in, is joining /wait, has been rejected from /no and left /gone.
  const std::string long_name = "0/a?" + std::string(Limits().namespace_bytes, 'x');
  const struct {
    std::string_view text;
    Errc reason;
  } rows[] = {
      {"0/in,", Errc::sio_already_connected},
      {"0/wait,", Errc::sio_already_connected},
      {"2[\"a\"]", Errc::sio_not_connected},
      {"2/never,[\"a\"]", Errc::sio_not_connected},
      {"2/wait,[\"a\"]", Errc::sio_not_connected},
      {"2/no,[\"a\"]", Errc::sio_not_connected},
      {"2/gone,[\"a\"]", Errc::sio_not_connected},
      {"3/never,1[]", Errc::sio_not_connected},
      {"3/wait,1[]", Errc::sio_not_connected},
      {"3/never,[]", Errc::sio_not_connected},
      {"1", Errc::sio_not_connected},
      {"1/wait,", Errc::sio_not_connected},
      {"1/gone,", Errc::sio_not_connected},
      {"4/in,\"no\"", Errc::sio_unexpected_packet},
      {"4", Errc::sio_unexpected_packet},
      {"", Errc::sio_empty_packet},
      {"x", Errc::sio_unknown_packet_type},
      {"2/in,[\"connect\"]", Errc::sio_reserved_event},
      {"2/in,[", Errc::json_syntax},
      {long_name, Errc::sio_bad_namespace},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    Fixture f;
    f.join("/in");
    f.join("/gone");
    f.text("1/gone,");
    f.text("0/no,");
    f.machine.reject(1);
    f.text("0/wait,");
    CHECK(f.text(row.text) == Log{"violation " + std::string(label(row.reason))});
    // Nothing is called after it.
    CHECK(f.text("2/in,[\"a\"]").empty());
    CHECK(f.text("x").empty());
    CHECK(f.binary("x").empty());
  }
}

TEST_CASE("a binary packet is judged when it is complete") {
  Fixture f;
  CHECK(f.text(R"(51-["a"])").empty());
  CHECK(f.binary("x") == Log{"violation sio_not_connected"});
}

TEST_CASE("attachments must follow their packet and no other") {
  Fixture stray;
  stray.join("/");
  CHECK(stray.binary("x") == Log{"violation sio_unexpected_binary"});
  Fixture torn;
  torn.join("/");
  torn.text(R"(51-["a"])");
  CHECK(torn.text(R"(2["b"])") == Log{"violation sio_attachment_expected"});
}

TEST_CASE("joined and joining namespaces are counted against the limit, others are not") {
  Limits limits;
  limits.namespaces_per_client = 3;
  Fixture f(limits);
  f.join("/a");
  f.join("/b");
  f.text("1/a,");
  f.text("0/x,");
  f.machine.reject(0);
  CHECK(f.text("0/c,") == Log{"0 wants /c {}"});  // joining
  CHECK(f.join("/d") == 2);
  CHECK(f.text("0/e,") == Log{"violation sio_too_many_namespaces"});
}

TEST_CASE("the default limit") {
  Fixture f;
  for (std::size_t i = 0; i < Limits().namespaces_per_client; ++i) f.join("/" + std::to_string(i));
  CHECK(f.text("0/one-more,") == Log{"violation sio_too_many_namespaces"});
}

// --- Time ----------------------------------------------------------------------------------------

TEST_CASE("a client that joins nothing in time has to go") {
  Fixture f;
  REQUIRE(f.machine.deadline() == kStart + kTimeout);
  f.machine.on_time(kStart + kTimeout - Millis(1));
  CHECK(f.recorder.take().empty());
  f.machine.on_time(kStart + kTimeout);
  CHECK(f.recorder.take() == Log{"violation sio_connect_timeout"});
  CHECK_FALSE(f.machine.deadline());
  f.machine.on_time(kStart + 2 * kTimeout);
  CHECK(f.recorder.take().empty());
}

TEST_CASE("neither asking nor being rejected moves the deadline") {
  Fixture f;
  f.text("0");
  f.machine.reject(0);
  f.text("0/a,");
  CHECK(f.machine.deadline() == kStart + kTimeout);
  f.machine.on_time(kStart + kTimeout);
  CHECK(f.recorder.take() == Log{"violation sio_connect_timeout"});
}

TEST_CASE("the first accept ends the deadline for good") {
  Fixture f;
  const Slot slot = f.join("/");
  CHECK_FALSE(f.machine.deadline());
  f.text("1");
  CHECK_FALSE(f.machine.joined(slot));
  CHECK_FALSE(f.machine.deadline());
  f.machine.on_time(kStart + 2 * kTimeout);
  CHECK(f.recorder.take().empty());
}

// --- Calls from inside a handler -----------------------------------------------------------------

TEST_CASE("a handler may answer at once") {
  Fixture f;
  f.recorder.on_request = [&](Slot slot) { f.machine.reject(slot); };
  CHECK(f.text("0/no,") == Log{"0 wants /no {}"});
  CHECK_FALSE(f.machine.joined(0));
  f.recorder.on_request = [&](Slot slot) { f.machine.accept(slot); };
  CHECK(f.text("0/yes,") == Log{"0 wants /yes {}"});
  CHECK(f.machine.joined(0));
  CHECK(f.machine.namespace_of(0) == "/yes");
}

TEST_CASE("a handler may accept and make leave at once") {
  Fixture f;
  f.recorder.on_request = [&](Slot slot) {
    f.machine.accept(slot);
    f.machine.leave(slot);
  };
  f.text("0");
  CHECK_FALSE(f.machine.joined(0));
  CHECK(f.text(R"(2["a"])") == Log{"violation sio_not_connected"});
}

TEST_CASE("a handler may make the sender of an event leave") {
  Fixture f;
  f.join("/");
  f.recorder.on_any = [&](Slot slot) { f.machine.leave(slot); };
  CHECK(f.text(R"(2["a"])") == Log{R"(0 event ["a"])"});
  CHECK(f.text("1") == Log{"violation sio_not_connected"});
}

TEST_CASE("leaving what the client just left does no harm") {
  Fixture f;
  f.join("/a");
  f.join("/b");
  f.recorder.on_left = [&](Slot slot) {
    CHECK_FALSE(f.machine.joined(slot));
    f.machine.leave(slot);
  };
  CHECK(f.text("1/a,") == Log{"0 left"});
  CHECK(f.text(R"(2/b,["x"])") == Log{R"(1 event ["x"])"});
}

TEST_CASE("a handler may stop the machine") {
  Fixture f;
  f.join("/");
  f.recorder.on_any = [&](Slot) { f.machine.stop(); };
  CHECK(f.text(R"(2["a"])") == Log{R"(0 event ["a"])"});
  CHECK(f.text(R"(2["a"])").empty());
}

TEST_CASE("a namespace's name outlives growth caused by the handler that reads it") {
  Fixture f;
  struct Nested final : ConnectionMachine::Handler {
    ConnectionMachine* machine = nullptr;
    Log names;
    void on_connect_request(Slot, std::string_view nsp, Value) override {
      const std::string before(nsp);
      if (names.size() < 20) {
        names.push_back(before);
        machine->on_text("0/" + std::to_string(names.size()));
      }
      CHECK(nsp == before);
    }
    void on_event(Slot, Array, std::optional<std::uint64_t>) override {}
    void on_ack(Slot, std::uint64_t, Array) override {}
    void on_disconnect(Slot) override {}
    void on_violation(Errc) override {}
  } nested;
  ConnectionMachine machine(nested, json_parser()->make_decoder(f.limits), f.limits, kStart,
                            kTimeout);
  nested.machine = &machine;
  machine.on_text("0/short,");  // a long name would stay in its own allocation
  CHECK(nested.names.size() == 20);
}

// --- The end -------------------------------------------------------------------------------------

TEST_CASE("after stop everything is ignored") {
  Fixture f;
  f.join("/");
  f.text("0/wait,");
  f.text(R"(51-["a"])");
  f.machine.stop();
  CHECK(f.binary("x").empty());
  CHECK(f.text(R"(2["a"])").empty());
  CHECK(f.text("x").empty());
  CHECK(f.text("1").empty());
  CHECK_FALSE(f.machine.deadline());
  f.machine.on_time(kStart + 2 * kTimeout);
  CHECK(f.recorder.take().empty());
  // An answer that took too long.
  f.machine.accept(1);
  f.machine.leave(0);
  CHECK(f.recorder.take().empty());
}
