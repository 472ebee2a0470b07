// SPDX-License-Identifier: MIT
#include "recovery_store.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "patchbay/protocol/sio/json_parser.hpp"

using namespace patchbay;

namespace {

constexpr TimePoint kStart{Millis(1'000'000)};

EncodedMessage message(std::string_view text) {
  return EncodedMessage(sio::encode_event("/", text, {}, std::nullopt));
}

BroadcastTarget to(std::vector<std::string> rooms, std::vector<std::string> except = {}) {
  return {.rooms = std::move(rooms), .except = std::move(except)};
}

SavedSession session(std::string private_id, std::vector<std::string> rooms,
                     std::string last_offset = {}) {
  return {.private_id = std::move(private_id),
          .socket_id = "socket",
          .rooms = std::move(rooms),
          .data = {},
          .last_offset = std::move(last_offset)};
}

struct Fixture {
  explicit Fixture(RecoveryOptions given = {}) : options(given), store(options) {}

  void event(std::string offset, BroadcastTarget target = {}, TimePoint now = kStart) {
    store.add_event(now, offset, target, message("e"));
  }
  // The offsets of what a session in these rooms has missed, joined.
  std::string missed(std::vector<std::string> rooms, std::string_view offset) {
    std::string offsets;
    const auto events = store.missed(session("p", std::move(rooms)), offset);
    if (!events) return "forgotten";
    for (const MissedEvent& event : *events) offsets += event.offset;
    return offsets;
  }
  // Its socket goes.
  void save(SavedSession saved) {
    saved.position = store.position();
    store.add_session(kStart, std::move(saved));
  }
  bool taken(std::string_view private_id, std::string_view offset, TimePoint now = kStart) {
    return store.take_session(now, private_id, offset).has_value();
  }

  RecoveryOptions options;
  RecoveryStore store;
};

RecoveryOptions with_events(std::size_t count) {
  RecoveryOptions options;
  options.max_events = count;
  return options;
}

}  // namespace

TEST_CASE("what was missed is what came after the offset, to one's rooms") {
  Fixture f;
  f.event("1");
  f.event("2", to({"red"}));
  f.event("3", to({"blue"}));
  f.event("4", to({"blue", "red"}));
  f.event("5", to({}, {"red"}));
  f.event("6", to({"red"}, {"quiet"}));
  CHECK(f.missed({"red"}, "1") == "246");
  CHECK(f.missed({"red", "quiet"}, "1") == "24");
  CHECK(f.missed({"blue"}, "1") == "345");
  CHECK(f.missed({}, "1") == "5");
  CHECK(f.missed({"red"}, "4") == "6");
  CHECK(f.missed({"red"}, "6").empty());
  CHECK(f.missed({"red"}, "unknown") == "forgotten");
}

TEST_CASE("a session is given back once") {
  Fixture f;
  f.event("1");
  f.save(session("secret", {"a"}));
  CHECK_FALSE(f.taken("other", "1"));
  CHECK(f.taken("secret", "1"));
  CHECK_FALSE(f.taken("secret", "1"));
  CHECK(f.store.session_count() == 0);
}

TEST_CASE("a wrong offset costs the session, so that nobody can try many") {
  Fixture f;
  f.event("1");
  f.save(session("secret", {"a"}));
  CHECK_FALSE(f.taken("secret", "guess"));
  CHECK_FALSE(f.taken("secret", "1"));
}

TEST_CASE("events beyond the limit push out the oldest, and sessions that need those") {
  Fixture f(with_events(2));
  f.event("1");
  f.save(session("late", {}));
  f.event("2");
  f.save(session("early", {}));
  f.event("3");
  CHECK(f.store.event_count() == 2);
  CHECK_FALSE(f.taken("late", "1"));
  CHECK(f.taken("early", "2"));
}

TEST_CASE("bytes are limited, rooms' names included") {
  RecoveryOptions options;
  options.max_bytes = 10'000;
  Fixture f(options);
  for (int i = 0; i < 100; ++i) f.event(std::to_string(i), to({std::string(1000, 'x')}));
  CHECK(f.store.event_bytes() <= 10'000);
  CHECK(f.store.event_count() > 0);
  f.event("huge", to({std::string(20'000, 'x')}));
  CHECK(f.store.event_count() == 0);
  CHECK(f.store.event_bytes() == 0);
}

TEST_CASE("sessions are limited, too: who has been away longest goes") {
  RecoveryOptions options;
  options.max_sessions = 2;
  Fixture f(options);
  f.event("1");
  for (const char* id : {"a", "b", "c"}) f.save(session(id, {}));
  CHECK(f.store.session_count() == 2);
  CHECK_FALSE(f.taken("a", "1"));
  CHECK(f.taken("b", "1"));
  CHECK(f.taken("c", "1"));
}

TEST_CASE("what is too old goes") {
  Fixture f;
  const Millis limit = f.options.max_disconnection_duration;
  f.event("1");
  f.save(session("p", {}));
  f.event("2", {}, kStart + limit);
  CHECK(f.store.next_expiry() > kStart + limit);
  f.store.expire(kStart + limit);
  CHECK(f.store.event_count() == 2);
  CHECK(f.store.session_count() == 1);
  f.store.expire(kStart + limit + Millis(1));
  CHECK(f.store.event_count() == 1);
  CHECK(f.store.session_count() == 0);
  f.store.expire(kStart + limit * 3);
  CHECK(f.store.event_count() == 0);
  CHECK_FALSE(f.store.next_expiry());
}

TEST_CASE("a session that is too old is not given back, even if nobody has cleaned up") {
  Fixture f;
  f.event("1", {}, kStart);
  f.save(session("p", {}, "1"));
  CHECK_FALSE(f.taken("p", "1", kStart + f.options.max_disconnection_duration + Millis(1)));
}

TEST_CASE("a client that heard nothing for long has missed nothing before it went") {
  Fixture f(with_events(1));
  f.event("1");
  f.event("2", to({"elsewhere"}));  // pushes out "1"
  f.save(session("p", {"room"}, "1"));
  auto saved = f.store.take_session(kStart, "p", "1");
  REQUIRE(saved);
  CHECK(f.store.missed(*saved, "1").value().empty());

  f.save(*saved);
  f.event("3", to({"room"}));
  saved = f.store.take_session(kStart, "p", "1");
  REQUIRE(saved);
  const auto missed = f.store.missed(*saved, "1").value();
  REQUIRE(missed.size() == 1);
  CHECK(missed[0].offset == "3");
}

TEST_CASE("but not when something sent to it before it went never arrived") {
  Fixture f(with_events(1));
  f.event("1");
  f.event("2");
  f.save(session("p", {"room"}, "2"));
  CHECK_FALSE(f.taken("p", "1"));
}

TEST_CASE("nor when what it missed since has been pushed out") {
  Fixture f(with_events(1));
  f.event("1");
  f.save(session("p", {"room"}, "1"));
  f.event("2");
  f.event("3");
  CHECK_FALSE(f.taken("p", "1"));
}

TEST_CASE("what is forgotten between the session and the events is not passed over") {
  Fixture f(with_events(1));
  f.event("1");
  f.save(session("p", {"room"}, "1"));
  auto saved = f.store.take_session(kStart, "p", "1");
  REQUIRE(saved);
  f.event("2", to({"room"}));
  CHECK(f.store.missed(*saved, "1").value().size() == 1);
  f.event("3", to({"room"}));  // pushes out "2"
  CHECK_FALSE(f.store.missed(*saved, "1").has_value());
}

TEST_CASE("a record that has had the same events keeps sessions of another one") {
  Fixture here;
  Fixture there;
  for (Fixture* f : {&here, &there}) f->event("1");
  SavedSession saved = session("p", {"room"}, "1");
  saved.position = here.store.position();
  for (Fixture* f : {&here, &there}) f->event("2", to({"room"}));
  there.store.add_session(kStart, std::move(saved));
  const auto taken = there.store.take_session(kStart, "p", "1");
  REQUIRE(taken);
  const auto missed = here.store.missed(*taken, "1");
  REQUIRE(missed.has_value());
  REQUIRE(missed->size() == 1);
  CHECK(missed->front().offset == "2");
}
