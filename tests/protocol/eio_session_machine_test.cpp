// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/session_machine.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace patchbay;
using namespace patchbay::eio;

namespace {

using Log = std::vector<std::string>;

// Writes down what the machine decides, and lets a test react to messages.
struct Recorder final : SessionMachine::Handler {
  Log log;
  std::function<void(std::string_view)> on_data;
  std::function<void()> on_answer;

  void on_message(bool binary, std::string_view data) override {
    log.push_back((binary ? "binary " : "text ") + std::string(data));
    if (on_data) on_data(data);
  }
  void on_upgrade() override { log.emplace_back("upgraded"); }
  void on_close(CloseReason reason, Errc detail) override {
    log.push_back("closed: " + std::string(to_string(reason)) +
                  (detail == Errc::none ? "" : ", " + std::string(label(detail))));
  }
  void wake_writer() override { ++wakes; }
  void answer_poll(std::string body) override {
    log.push_back("poll answered " + body);
    if (on_answer) on_answer();
  }
  void abort_post() override { log.emplace_back("post aborted"); }
  void answer_probe() override { log.emplace_back("probe answered"); }
  void close_candidate() override { log.emplace_back("candidate closed"); }
  void close_websocket() override { log.emplace_back("websocket closed"); }

  Log take() { return std::exchange(log, {}); }
  int wakes = 0;
};

constexpr TimePoint kStart{Millis(1'000'000)};

struct Fixture {
  SessionConfig config;
  Recorder recorder;
  SessionMachine machine;
  TimePoint now = kStart;

  explicit Fixture(Transport transport = Transport::polling)
      : machine(recorder, config, transport, EncodedPacket::text(PacketType::open, "{}"), kStart) {
    if (transport == Transport::polling) {
      std::string body;
      REQUIRE(machine.on_poll(body) == SessionMachine::PollVerdict::answer);
      REQUIRE(body == "0{}");
    } else {
      written();
    }
  }

  // What a WebSocket transport does: writes everything and says so.
  std::string written() {
    std::string text;
    for (const auto& packet : machine.queue().packets()) {
      text += (text.empty() ? "" : " ") + std::string(packet.payload());
    }
    machine.queue().pop(machine.queue().size());
    machine.on_drained();
    return text;
  }

  void hold_poll() {
    std::string body;
    REQUIRE(machine.on_poll(body) == SessionMachine::PollVerdict::hold);
  }

  bool post(std::string_view body) {
    REQUIRE(machine.on_post_begin());
    return machine.on_post_end(body, now);
  }

  void advance(Millis by) {
    now += by;
    machine.on_time(now);
  }

  void send(std::string_view data) { machine.send(EncodedPacket::text(PacketType::message, data)); }

  void upgrade() {
    REQUIRE(machine.on_candidate(now));
    machine.on_candidate_text("2probe", now);
    machine.on_candidate_text("5", now);
    recorder.take();
  }

  [[nodiscard]] bool closed() const { return machine.state() == SessionMachine::State::closed; }
};

}  // namespace

// --- Polling

TEST_CASE("a poll with something queued is answered at once, with all of it") {
  Fixture f;
  f.send("a");
  f.send("b");
  std::string body;
  CHECK(f.machine.on_poll(body) == SessionMachine::PollVerdict::answer);
  CHECK(body ==
        "4a\x1e"
        "4b");
}

TEST_CASE("a poll with nothing queued is held until there is something") {
  Fixture f;
  f.hold_poll();
  f.machine.flush_poll();
  CHECK(f.recorder.log.empty());
  f.send("a");
  CHECK(f.recorder.wakes == 1);
  f.machine.flush_poll();
  CHECK(f.recorder.take() == Log{"poll answered 4a"});
}

TEST_CASE("a second poll ends the session: the held one learns it, the new one is refused") {
  Fixture f;
  f.hold_poll();
  std::string body;
  CHECK(f.machine.on_poll(body) == SessionMachine::PollVerdict::refuse);
  CHECK(f.recorder.take() == Log{"poll answered 1", "closed: transport error, eio_poll_overlap"});
}

TEST_CASE("a client that drops its held poll is gone") {
  Fixture f;
  f.hold_poll();
  f.machine.on_poll_aborted();
  CHECK(f.recorder.take() == Log{"closed: transport error, eio_poll_aborted"});
}

TEST_CASE("posted packets are delivered in order") {
  Fixture f;
  CHECK(
      f.post("4a\x1e"
             "bAQID\x1e"
             "4b"));
  CHECK(f.recorder.take() == Log{"text a", "binary \x01\x02\x03", "text b"});
}

TEST_CASE("a bad packet closes, and those before it have been delivered") {
  Fixture f;
  CHECK_FALSE(
      f.post("4a\x1e"
             "x\x1e"
             "4b"));
  CHECK(f.recorder.take() == Log{"text a", "closed: parse error, eio_unknown_packet_type"});
}

TEST_CASE("an empty body and broken UTF-8 are parse errors") {
  Fixture empty;
  CHECK_FALSE(empty.post(""));
  CHECK(empty.recorder.take() == Log{"closed: parse error, eio_empty_packet"});
  Fixture broken;
  CHECK_FALSE(broken.post("4\xc3"));
  CHECK(broken.recorder.take() == Log{"closed: parse error, eio_invalid_utf8"});
}

TEST_CASE("two posts at once end the session and drop the first") {
  Fixture f;
  REQUIRE(f.machine.on_post_begin());
  CHECK_FALSE(f.machine.on_post_begin());
  CHECK(f.recorder.take() == Log{"post aborted", "closed: transport error, eio_post_overlap"});
}

TEST_CASE("a post that fails ends the session") {
  Fixture f;
  REQUIRE(f.machine.on_post_begin());
  f.machine.on_post_failed(Errc::eio_payload_too_large);
  CHECK(f.recorder.take() == Log{"closed: transport error, eio_payload_too_large"});
}

TEST_CASE("a posted close packet releases the held poll with a noop") {
  Fixture f;
  f.hold_poll();
  CHECK(f.post("1"));
  CHECK(f.recorder.take() == Log{"poll answered 6", "closed: transport close"});
}

TEST_CASE("what follows a close packet in the same body is ignored") {
  Fixture f;
  CHECK(
      f.post("1\x1e"
             "4late"));
  CHECK(f.recorder.take() == Log{"closed: transport close"});
}

TEST_CASE("packets without meaning for a server are ignored") {
  Fixture f;
  CHECK(
      f.post("0\x1e"
             "3\x1e"
             "5\x1e"
             "6"));
  CHECK(f.recorder.take().empty());
}

// --- Closing

TEST_CASE("close with a held poll and nothing queued ends at once") {
  Fixture f;
  f.hold_poll();
  f.machine.close(f.now);
  CHECK(f.recorder.take() == Log{"poll answered 1", "closed: forced close"});
}

TEST_CASE("close without a held poll waits for the next one") {
  Fixture f;
  f.machine.close(f.now);
  CHECK(f.recorder.take().empty());
  CHECK_FALSE(f.machine.send(EncodedPacket::text(PacketType::message, "too late")));
  std::string body;
  CHECK(f.machine.on_poll(body) == SessionMachine::PollVerdict::answer);
  CHECK(body ==
        "6\x1e"
        "1");
  CHECK(f.recorder.take() == Log{"closed: forced close"});
}

TEST_CASE("close lets the client fetch what is queued first") {
  Fixture f;
  f.send("last words");
  f.machine.close(f.now);
  std::string body;
  CHECK(f.machine.on_poll(body) == SessionMachine::PollVerdict::answer);
  CHECK(body == "4last words");
  CHECK_FALSE(f.closed());
  CHECK(f.machine.on_poll(body) == SessionMachine::PollVerdict::answer);
  CHECK(body ==
        "6\x1e"
        "1");
  CHECK(f.closed());
}

TEST_CASE("a client that never polls again does not keep a closing session") {
  Fixture f;
  f.machine.close(f.now);
  REQUIRE(f.machine.deadline() == f.now + f.config.closing_timeout);
  f.advance(f.config.closing_timeout);
  CHECK(f.recorder.take() == Log{"closed: forced close"});
}

TEST_CASE("messages that arrive while closing are ignored") {
  Fixture f;
  f.machine.close(f.now);
  CHECK(f.post("4a"));
  CHECK(f.recorder.take().empty());
}

TEST_CASE("close drops a post that is being read") {
  Fixture f;
  REQUIRE(f.machine.on_post_begin());
  f.machine.close(f.now);
  CHECK(f.recorder.take() == Log{"post aborted"});
}

TEST_CASE("a handler may close from inside a message, the rest of the body is ignored") {
  Fixture f;
  f.recorder.on_data = [&](std::string_view) { f.machine.close_now(); };
  CHECK(
      f.post("4a\x1e"
             "4b"));
  CHECK(f.recorder.take() == Log{"text a", "closed: forced close"});
}

TEST_CASE("close over WebSocket follows what is queued") {
  Fixture f(Transport::websocket);
  f.send("last words");
  f.machine.close(f.now);
  CHECK(f.recorder.take().empty());
  CHECK(f.written() == "4last words");
  CHECK(f.recorder.take() == Log{"websocket closed", "closed: forced close"});
}

TEST_CASE("close_now forgets what is queued") {
  Fixture f(Transport::websocket);
  f.send("never sent");
  f.machine.close_now();
  CHECK(f.machine.queue().empty());
  CHECK(f.recorder.take() == Log{"websocket closed", "closed: forced close"});
  f.machine.close_now();
  CHECK(f.recorder.take().empty());
}

TEST_CASE("close_now ends a session that is closing already") {
  Fixture f;
  f.send("never sent");
  f.machine.close(f.now);
  CHECK(f.recorder.take().empty());
  f.machine.close_now();
  CHECK(f.machine.queue().empty());
  CHECK(f.recorder.take() == Log{"closed: forced close"});
}

// --- WebSocket

TEST_CASE("WebSocket messages are delivered") {
  Fixture f(Transport::websocket);
  f.machine.on_websocket_text("4a", f.now);
  f.machine.on_websocket_binary("\x01", f.now);
  f.machine.on_websocket_text("bAQ==", f.now);
  CHECK(f.recorder.take() == Log{"text a", "binary \x01", "binary \x01"});
}

TEST_CASE("a close packet over WebSocket closes at once") {
  Fixture f(Transport::websocket);
  f.machine.on_websocket_text("1", f.now);
  CHECK(f.recorder.take() == Log{"websocket closed", "closed: transport close"});
}

TEST_CASE("what cannot be decoded closes") {
  Fixture f(Transport::websocket);
  f.machine.on_websocket_text("abc", f.now);
  CHECK(f.recorder.take() ==
        Log{"websocket closed", "closed: parse error, eio_unknown_packet_type"});
}

TEST_CASE("a client must not send pings") {
  Fixture f(Transport::websocket);
  f.machine.on_websocket_text("2", f.now);
  CHECK(f.recorder.take() ==
        Log{"websocket closed", "closed: transport error, eio_heartbeat_direction"});
}

TEST_CASE("a lost connection is a transport close, a broken one a transport error") {
  Fixture lost(Transport::websocket);
  lost.machine.on_websocket_closed();
  CHECK(lost.recorder.take().back() == "closed: transport close, eio_connection_lost");
  Fixture broken(Transport::websocket);
  broken.machine.on_websocket_failed(Errc::ws_message_too_large);
  CHECK(broken.recorder.take().back() == "closed: transport error, ws_message_too_large");
}

TEST_CASE("writable means that a packet would leave at once") {
  Fixture ws(Transport::websocket);
  CHECK(ws.machine.writable());
  ws.send("a");
  CHECK_FALSE(ws.machine.writable());
  ws.written();
  CHECK(ws.machine.writable());

  Fixture polling;
  CHECK_FALSE(polling.machine.writable());
  polling.hold_poll();
  CHECK(polling.machine.writable());
  polling.machine.close(polling.now);
  CHECK_FALSE(polling.machine.writable());
}

// --- Heartbeat

TEST_CASE("pings follow pongs at the interval, and a silent client goes") {
  Fixture f(Transport::websocket);
  REQUIRE(f.machine.deadline() == kStart + f.config.ping_interval);
  f.advance(f.config.ping_interval);
  CHECK(f.written() == "2");
  f.now += Millis(100);
  f.machine.on_websocket_text("3", f.now);
  CHECK(f.machine.deadline() == f.now + f.config.ping_interval);
  f.advance(f.config.ping_interval);
  CHECK(f.written() == "2");
  f.advance(f.config.ping_timeout - Millis(1));
  CHECK_FALSE(f.closed());
  f.advance(Millis(1));
  CHECK(f.recorder.take() == Log{"websocket closed", "closed: ping timeout, eio_pong_missing"});
}

TEST_CASE("on_time before the deadline does nothing") {
  Fixture f(Transport::websocket);
  f.advance(f.config.ping_interval - Millis(1));
  CHECK(f.written().empty());
}

TEST_CASE("other traffic gives a missing pong more time, once per ping") {
  Fixture f(Transport::websocket);
  f.advance(f.config.ping_interval);
  f.now += f.config.ping_timeout - Millis(1);
  f.machine.on_websocket_text("4busy", f.now);
  CHECK(f.machine.deadline() == f.now + f.config.ping_timeout);
  const TimePoint deadline = *f.machine.deadline();
  f.now += Millis(10);
  f.machine.on_websocket_text("4busy", f.now);
  CHECK(f.machine.deadline() == deadline);
  f.machine.on_time(deadline);
  CHECK(f.closed());
}

TEST_CASE("an unsolicited pong changes nothing") {
  Fixture f(Transport::websocket);
  f.now += Millis(10);
  f.machine.on_websocket_text("3", f.now);
  CHECK(f.machine.deadline() == kStart + f.config.ping_interval);
}

// --- Upgrade

TEST_CASE("an upgrade takes a probe, then the packet, then everything queued goes over") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  f.machine.on_candidate_text("2probe", f.now);
  CHECK(f.recorder.take() == Log{"probe answered"});
  f.send("during");
  const int wakes = f.recorder.wakes;
  f.machine.on_candidate_text("5", f.now);
  CHECK(f.recorder.take() == Log{"upgraded"});
  CHECK(f.machine.transport() == Transport::websocket);
  CHECK(f.recorder.wakes == wakes + 1);
  CHECK(f.written() == "4during");
}

TEST_CASE("while probing, a held poll is released again and again") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  f.machine.on_candidate_text("2probe", f.now);
  f.recorder.take();
  f.hold_poll();
  f.advance(f.config.upgrade_noop_interval - Millis(1));
  CHECK(f.recorder.take().empty());
  f.advance(Millis(1));
  CHECK(f.recorder.take() == Log{"poll answered 6"});
  f.hold_poll();
  f.advance(f.config.upgrade_noop_interval);
  CHECK(f.recorder.take() == Log{"poll answered 6"});
}

TEST_CASE("a poll still held when the upgrade completes is released") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  f.machine.on_candidate_text("2probe", f.now);
  f.hold_poll();
  f.recorder.take();
  f.machine.on_candidate_text("5", f.now);
  CHECK(f.recorder.take() == Log{"poll answered 6", "upgraded"});
}

TEST_CASE("anything else from a candidate closes it, and polling goes on") {
  for (const std::string_view text : {"2", "4hello", "probe", "", "3probe", "2probeX"}) {
    CAPTURE(text);
    Fixture f;
    REQUIRE(f.machine.on_candidate(f.now));
    f.machine.on_candidate_text(text, f.now);
    CHECK(f.recorder.take() == Log{"candidate closed"});
    CHECK_FALSE(f.machine.upgrading());
    CHECK(f.post("4still here"));
    CHECK(f.recorder.take() == Log{"text still here"});
  }
  Fixture binary;
  REQUIRE(binary.machine.on_candidate(binary.now));
  binary.machine.on_candidate_binary();
  CHECK(binary.recorder.take() == Log{"candidate closed"});
}

TEST_CASE("a candidate that goes away is forgotten, another one may come") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  CHECK_FALSE(f.machine.on_candidate(f.now));
  f.machine.on_candidate_closed();
  CHECK(f.machine.on_candidate(f.now));
}

TEST_CASE("an upgrade that takes too long is given up") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  REQUIRE(f.machine.deadline() == f.now + f.config.upgrade_timeout);
  f.advance(f.config.upgrade_timeout);
  CHECK(f.recorder.take() == Log{"candidate closed"});
  CHECK(f.machine.state() == SessionMachine::State::open);
}

TEST_CASE("an upgraded session cannot be upgraded again") {
  Fixture f;
  f.upgrade();
  CHECK_FALSE(f.machine.on_candidate(f.now));
}

TEST_CASE("a client that upgrades and never answers a ping goes") {
  Fixture f;
  f.advance(f.config.ping_interval);  // the ping waits for a poll
  f.upgrade();
  CHECK(f.written() == "2");
  f.advance(f.config.ping_timeout);
  CHECK(f.recorder.take().back() == "closed: ping timeout, eio_pong_missing");
}

TEST_CASE("the heartbeat goes on after an upgrade") {
  Fixture f;
  f.upgrade();
  f.advance(f.config.ping_interval);
  CHECK(f.written() == "2");
}

TEST_CASE("what a candidate sends after it was given up is ignored") {
  for (const std::string_view text : {"2probe", "5", "4a"}) {
    CAPTURE(text);
    Fixture f;
    REQUIRE(f.machine.on_candidate(f.now));
    f.machine.on_candidate_binary();
    f.recorder.take();
    f.machine.on_candidate_text(text, f.now);
    CHECK(f.recorder.take().empty());
    CHECK_FALSE(f.machine.upgrading());
    CHECK(f.machine.transport() == Transport::polling);
  }
}

TEST_CASE("a handler may close while the upgrade releases the poll") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  f.machine.on_candidate_text("2probe", f.now);
  f.hold_poll();
  f.recorder.take();
  f.recorder.on_answer = [&] { f.machine.close_now(); };
  f.machine.on_candidate_text("5", f.now);
  CHECK(f.recorder.take() == Log{"poll answered 6", "candidate closed", "closed: forced close"});
}

TEST_CASE("closing takes the candidate along") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  f.machine.close_now();
  CHECK(f.recorder.take() == Log{"candidate closed", "closed: forced close"});
}

TEST_CASE("an upgrade packet while closing ends the session") {
  Fixture f;
  REQUIRE(f.machine.on_candidate(f.now));
  f.machine.on_candidate_text("2probe", f.now);
  f.machine.close(f.now);
  f.recorder.take();
  f.machine.on_candidate_text("5", f.now);
  CHECK(f.recorder.take() == Log{"candidate closed", "closed: forced close"});
}

TEST_CASE("nothing happens after the end") {
  Fixture f;
  f.machine.close_now();
  f.recorder.take();
  CHECK_FALSE(f.machine.deadline());
  f.machine.on_time(f.now + std::chrono::hours(1));
  f.machine.on_websocket_text("4a", f.now);
  f.machine.on_poll_aborted();
  f.machine.on_post_failed(Errc::eio_post_aborted);
  CHECK_FALSE(f.machine.send(EncodedPacket::text(PacketType::message, "a")));
  CHECK_FALSE(f.machine.on_candidate(f.now));
  CHECK(f.recorder.take().empty());
}

// --- Limits

TEST_CASE("with two missed pongs allowed, a client is pinged again and dropped after the second") {
  Fixture f(Transport::websocket);
  f.config.missed_pongs = 2;
  f.advance(f.config.ping_interval);
  CHECK(f.written() == "2");
  f.advance(f.config.ping_timeout);
  CHECK(f.written() == "2");
  CHECK_FALSE(f.closed());
  f.advance(f.config.ping_timeout - Millis(1));
  CHECK_FALSE(f.closed());
  f.advance(Millis(1));
  CHECK(f.recorder.log == Log{"websocket closed", "closed: ping timeout, eio_pong_missing"});
}

TEST_CASE("a pong makes up for those that were missed before") {
  Fixture f(Transport::websocket);
  f.config.missed_pongs = 2;
  for (int round = 0; round < 3; ++round) {
    f.advance(f.config.ping_interval);
    CHECK(f.written() == "2");
    f.advance(f.config.ping_timeout);
    CHECK(f.written() == "2");
    f.machine.on_websocket_text("3", f.now);
    f.machine.on_websocket_text("3", f.now);  // the first ping's, which was late
    CHECK_FALSE(f.closed());
  }
}

TEST_CASE("a session that the driver fails forgets what is queued, and tells why") {
  Fixture f(Transport::websocket);
  f.send("never seen");
  f.machine.fail(Errc::eio_slow_reader);
  CHECK(f.machine.queue().empty());
  CHECK(f.recorder.log == Log{"websocket closed", "closed: transport error, eio_slow_reader"});
  f.machine.fail(Errc::eio_slow_reader);
  CHECK(f.recorder.log.size() == 2);
}

TEST_CASE("a session that is closed for a reason sends what is queued first") {
  Fixture f(Transport::websocket);
  f.send("last");
  f.machine.close(f.now, Errc::eio_server_draining);
  CHECK(f.recorder.log.empty());
  CHECK(f.written() == "4last");
  CHECK(f.recorder.log == Log{"websocket closed", "closed: forced close, eio_server_draining"});
}
