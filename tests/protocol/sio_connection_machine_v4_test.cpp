// SPDX-License-Identifier: MIT
//
// What is different for clients of the 2.x line, which speak revision 4.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "../support/connection_fixture.hpp"

using namespace patchbay;
using namespace patchbay::sio;
using namespace patchbay::sio::test;

namespace {

// A client that is in "/", or whose wish to be is not decided yet.
struct V4 : Fixture {
  explicit V4(const Limits& some_limits = {}) : Fixture(some_limits, Revision::v4) {}

  void start() {
    machine.start();
    machine.accept(0);
    recorder.take();
  }
};

}  // namespace

TEST_CASE("a v4 client is in the main namespace without asking") {
  V4 f;
  f.machine.start();
  CHECK(f.recorder.take() == Log{"0 wants / {}"});
  CHECK_FALSE(f.machine.joined(0));
  CHECK(f.machine.deadline() == kStart + kTimeout);
  f.machine.accept(0);
  CHECK(f.machine.namespace_of(0) == "/");
  CHECK_FALSE(f.machine.deadline());
  CHECK(f.text(R"(2["a",1])") == Log{R"(0 event ["a",1])"});
}

TEST_CASE("the answer to a v4 client may come from inside start") {
  V4 f;
  f.recorder.on_request = [&](Slot slot) { f.machine.accept(slot); };
  f.machine.start();
  CHECK(f.machine.joined(0));
}

TEST_CASE("a v4 client that the main namespace rejects has until the deadline") {
  V4 f;
  f.machine.start();
  f.machine.reject(0);
  f.recorder.take();
  CHECK(f.machine.deadline() == kStart + kTimeout);
  f.machine.on_time(kStart + kTimeout);
  CHECK(f.recorder.take() == Log{"violation sio_connect_timeout"});
}

TEST_CASE("a v4 client must not send before it is in, not even to the main namespace") {
  V4 f;
  f.machine.start();
  f.recorder.take();
  CHECK(f.text(R"(2["a"])") == Log{"violation sio_not_connected"});
}

TEST_CASE("a v4 client that asks for the main namespace is answered once") {
  V4 f;
  f.machine.start();
  f.recorder.take();
  CHECK(f.text("0").empty());  // while it is being joined
  CHECK(f.text("0/?token=x").empty());
  f.machine.accept(0);
  CHECK(f.text("0").empty());  // and after that
  CHECK(f.text(R"(2["a"])") == Log{R"(0 event ["a"])"});
}

TEST_CASE("a v4 client may ask for the main namespace after a rejection or having left it") {
  V4 f;
  f.machine.start();
  f.machine.reject(0);
  f.recorder.take();
  CHECK(f.text("0/?token=x") == Log{R"(0 wants / {"token":"x"})"});
  f.machine.accept(0);
  CHECK(f.text("1") == Log{"0 left"});
  CHECK(f.text("0") == Log{"0 wants / {}"});
}

TEST_CASE("the query behind a namespace of a v4 client is its auth, and no part of the name") {
  const struct {
    std::string_view text;
    std::string_view said;
  } rows[] = {
      {"0/a,", "1 wants /a {}"},
      {"0/a", "1 wants /a {}"},
      {"0/a?", "1 wants /a {}"},
      {"0/a?,", "1 wants /a {}"},
      {"0/a?token=abc,", R"(1 wants /a {"token":"abc"})"},
      {"0/a?token=abc", R"(1 wants /a {"token":"abc"})"},
      {"0/a?x=1&y=%C3%A9+%2C&z", R"(1 wants /a {"x":"1","y":"é ,","z":""})"},
      {"0/a?x=1&y=2&x=3", R"(1 wants /a {"x":"3","y":"2"})"},
      {"0/a?b?c=d", R"(1 wants /a {"b?c":"d"})"},
      {"0/a?__proto__=1", R"(1 wants /a {"__proto__":"1"})"},
      {"0/a?x=%ff", "1 wants /a {\"x\":\"\xef\xbf\xbd\"}"},
      // What a payload says is not listened to, as there is none in revision 4.
      {R"(0/a?x=1,{"x":2})", R"(1 wants /a {"x":"1"})"},
      {R"(0/a,{"x":2})", "1 wants /a {}"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    V4 f;
    f.start();
    CHECK(f.text(row.text) == Log{std::string(row.said)});
    CHECK(f.machine.namespace_of(1) == "/a");
  }
}

TEST_CASE("a query may stand in every packet of a v4 client") {
  V4 f;
  f.start();
  f.text("0/a?x=1,");
  f.machine.accept(1);
  CHECK(f.text(R"(2/a,["b"])") == Log{R"(1 event ["b"])"});
  CHECK(f.text(R"(2/a?x=1,["b"])") == Log{R"(1 event ["b"])"});
  CHECK(f.text(R"(3/a?y,5["b"])") == Log{R"(1 ack ["b"] id 5)"});
  CHECK(f.text("1/a?x=2,") == Log{"1 left"});
}

TEST_CASE("only the main namespace may be asked for twice") {
  for (const std::string_view again : {"0/a,", "0/a?x=2"}) {
    for (const bool accepted : {false, true}) {
      V4 f;
      f.start();
      f.text("0/a?x=1,");
      if (accepted) f.machine.accept(1);
      CHECK(f.text(again) == Log{"violation sio_already_connected"});
    }
  }
}

TEST_CASE("the query of a v4 client may be longer than a name, but not without end") {
  const Limits limits;
  const std::string value(limits.namespace_bytes, 'x');
  V4 fits;
  fits.start();
  CHECK(fits.text("0/a?t=" + value) == Log{R"(1 wants /a {"t":")" + value + "\"}"});
  V4 at_limit;
  at_limit.start();
  at_limit.text("0/a?" + std::string(limits.http_target_bytes, 'x'));
  CHECK(at_limit.machine.namespace_of(1) == "/a");
  V4 too_long;
  too_long.start();
  CHECK(too_long.text("0/a?" + std::string(limits.http_target_bytes + 1, 'x')) ==
        Log{"violation sio_bad_namespace"});
  V4 long_name;
  long_name.start();
  CHECK(long_name.text("0/" + value + "?t=1") == Log{"violation sio_bad_namespace"});
}

TEST_CASE("the main namespace counts against the limit of a v4 client") {
  Limits limits;
  limits.namespaces_per_client = 2;
  V4 f(limits);
  f.start();
  CHECK(f.text("0/a") == Log{"1 wants /a {}"});
  CHECK(f.text("0/b") == Log{"violation sio_too_many_namespaces"});
}

TEST_CASE("a session that closed before it began asks for nothing") {
  V4 f;
  f.machine.stop();
  f.machine.start();
  CHECK(f.recorder.take().empty());
}
