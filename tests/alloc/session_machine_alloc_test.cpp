// SPDX-License-Identifier: MIT
//
// A session whose n-th allocation fails, for every n: it can still be closed, tells so once, and
// its queue adds up. The sanitizers see to the rest.
#include "patchbay/protocol/eio/session_machine.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>

#include "failing_new.hpp"

using namespace patchbay;
using namespace patchbay::eio;
using patchbay::test::fail_each_allocation;
using patchbay::test::FailingAllocation;

namespace {

constexpr TimePoint kStart{Millis(1'000'000)};
const SessionConfig kConfig;
const std::string kLong(100, 'x');  // does not fit into a string's own room

// Keeps what it is told, which allocates, and asks for what was left open when the end came.
struct Handler final : SessionMachine::Handler {
  void on_message(bool, std::string_view data) override { message = data; }
  void on_upgrade() override {}
  void on_close(CloseReason, Errc) override { ++closed; }
  void wake_writer() override {}
  void answer_poll(std::string body) override {
    answer = std::move(body);
    poll_held = false;
  }
  void abort_post() override {}
  void answer_probe() override {}
  void close_candidate() override {}
  void close_websocket() override {}

  std::string message;
  std::string answer;
  bool poll_held = false;
  int closed = 0;
};

struct Session {
  explicit Session(Transport transport, WireFormat format)
      : machine(handler, kConfig, transport, EncodedPacket::text(PacketType::open, kLong), now,
                format) {}

  void poll() {
    std::string body;
    handler.poll_held = machine.on_poll(body) == SessionMachine::PollVerdict::hold;
  }
  void send(int count) {
    for (int i = 0; i < count; ++i) {
      machine.send(EncodedPacket::text(PacketType::message, kLong));
      machine.send(EncodedPacket::binary(kLong));
    }
  }
  void write() { machine.queue().pop(machine.queue().size()); }

  Handler handler;
  TimePoint now = kStart;
  SessionMachine machine;
};

using Life = std::function<void(Session&)>;

void check_end(Session& session) {
  std::size_t bytes = 0;
  for (const auto& packet : session.machine.queue().packets()) bytes += packet.frame().size();
  CHECK(session.machine.queue().bytes() == bytes);
  session.machine.close_now();
  CHECK(session.machine.state() == SessionMachine::State::closed);
  CHECK(session.handler.closed == 1);
  CHECK_FALSE(session.handler.poll_held);
  CHECK(session.machine.queue().empty());
}

// Returns how many allocations there were to fail.
std::size_t fail_each(Transport transport, WireFormat format, const Life& life) {
  // What is made once, by the first who asks for it, is made now.
  Session first(transport, format);
  life(first);
  return fail_each_allocation([&](std::size_t n) {
    Session session(transport, format);
    try {
      const FailingAllocation failing(n);
      life(session);
    } catch (const std::bad_alloc&) {
    }
    const bool failed = FailingAllocation::happened();
    check_end(session);
    return failed;
  });
}

constexpr WireFormat kFormats[] = {WireFormat::revision4, WireFormat::revision3,
                                   WireFormat::revision3_base64};

void receive_post(Session& session) {
  static const std::string revision4 = "4" + kLong + "\x1e" + "bAQIDBAUGBwgJCgsMDQ4PEBES";
  static const std::string revision3 = "101:4" + kLong + "30:b4AQIDBAUGBwgJCgsMDQ4PEBESExQV";
  if (!session.machine.on_post_begin()) return;
  const bool valid = session.machine.on_post_end(
      session.machine.revision() == 4 ? revision4 : revision3, session.now);
  CHECK(valid);
}

}  // namespace

TEST_CASE("a polling session lives through a failed allocation") {
  for (const WireFormat format : kFormats) {
    CAPTURE(static_cast<int>(format));
    const std::size_t count = fail_each(Transport::polling, format, [](Session& session) {
      session.poll();
      receive_post(session);
      session.poll();
      session.send(5);
      session.machine.flush_poll();
      session.send(5);
      session.poll();
      session.machine.close(session.now);
      session.poll();
    });
    CHECK(count > 10);
  }
}

TEST_CASE("a WebSocket session lives through a failed allocation") {
  for (const WireFormat format : kFormats) {
    CAPTURE(static_cast<int>(format));
    const std::size_t count = fail_each(Transport::websocket, format, [](Session& session) {
      session.machine.on_websocket_text("4" + kLong, session.now);
      session.send(20);
      session.write();
      session.machine.on_drained();
      session.send(1);
      session.machine.close(session.now);
      session.write();
      session.machine.on_drained();
    });
    CHECK(count > 10);
  }
}

TEST_CASE("an upgrade lives through a failed allocation") {
  for (const WireFormat format : kFormats) {
    for (const bool base64 : {false, true}) {
      CAPTURE(static_cast<int>(format));
      const std::size_t count = fail_each(Transport::polling, format, [&](Session& session) {
        session.poll();
        session.poll();
        session.send(3);
        if (!session.machine.on_candidate(session.now, base64)) return;
        session.machine.on_candidate_text("2probe", session.now);
        session.now += kConfig.upgrade_noop_interval;
        session.machine.on_time(session.now);
        session.poll();
        session.send(3);
        session.machine.on_candidate_text("5", session.now);
        session.write();
        session.machine.on_websocket_text("4" + kLong, session.now);
      });
      CHECK(count > 5);
    }
  }
}

TEST_CASE("the heartbeat lives through a failed allocation") {
  const auto count = fail_each(Transport::websocket, WireFormat::revision4, [](Session& session) {
    for (int i = 0; i < 5 && session.machine.deadline(); ++i) {
      session.now = *session.machine.deadline();
      session.machine.on_time(session.now);
    }
  });
  CHECK(count < 5);
}
