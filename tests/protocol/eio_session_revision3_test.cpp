// SPDX-License-Identifier: MIT
//
// What a session of revision 3 does otherwise than one of revision 4.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "patchbay/protocol/eio/session_machine.hpp"

using namespace patchbay;
using namespace patchbay::eio;

namespace {

using Log = std::vector<std::string>;
using Verdict = SessionMachine::PollVerdict;

template <std::size_t N>
std::string bytes(const char (&literal)[N]) {
  return {literal, N - 1};
}

struct Recorder final : SessionMachine::Handler {
  Log log;

  void on_message(bool binary, std::string_view data) override {
    log.push_back((binary ? "binary " : "text ") + std::string(data));
  }
  void on_upgrade() override { log.emplace_back("upgraded"); }
  void on_close(CloseReason reason, Errc detail) override {
    log.push_back("closed: " + std::string(to_string(reason)) +
                  (detail == Errc::none ? "" : ", " + std::string(label(detail))));
  }
  void wake_writer() override {}
  void answer_poll(std::string body) override { log.push_back("poll answered " + body); }
  void abort_post() override { log.emplace_back("post aborted"); }
  void answer_probe() override { log.emplace_back("probe answered"); }
  void close_candidate() override { log.emplace_back("candidate closed"); }
  void close_websocket() override { log.emplace_back("websocket closed"); }

  Log take() { return std::exchange(log, {}); }
};

constexpr TimePoint kStart{Millis(1'000'000)};

struct Fixture {
  SessionConfig config;
  Recorder recorder;
  SessionMachine machine;
  TimePoint now = kStart;

  explicit Fixture(Transport transport = Transport::polling,
                   WireFormat format = WireFormat::revision3)
      : machine(recorder, config, transport, EncodedPacket::text(PacketType::open, "{}"), kStart,
                format) {
    if (transport == Transport::polling) {
      REQUIRE(poll() == "3:0{}");
    } else {
      REQUIRE(written() == Log{"text 0{}"});
    }
  }

  std::string poll() {
    std::string body;
    REQUIRE(machine.on_poll(body) == Verdict::answer);
    return body;
  }

  void hold_poll() {
    std::string body;
    REQUIRE(machine.on_poll(body) == Verdict::hold);
  }

  Log written() {
    Log frames;
    for (const auto& packet : machine.queue().packets()) {
      frames.push_back((packet.is_binary() ? "binary " : "text ") + std::string(packet.payload()));
    }
    machine.queue().pop(machine.queue().size());
    machine.on_drained();
    return frames;
  }

  bool post(std::string_view body, bool binary = false) {
    REQUIRE(machine.on_post_begin());
    return machine.on_post_end(body, now, binary);
  }

  void advance(Millis by) {
    now += by;
    machine.on_time(now);
  }

  void send(std::string_view text) { machine.send(EncodedPacket::text(PacketType::message, text)); }
  void send_binary(std::string_view data) { machine.send(EncodedPacket::binary(data)); }

  void upgrade(bool base64) {
    REQUIRE(machine.on_candidate(now, base64));
    machine.on_candidate_text("2probe", now);
    machine.on_candidate_text("5", now);
    recorder.take();
  }
};

}  // namespace

TEST_CASE("a session knows its revision") {
  CHECK(Fixture(Transport::polling, WireFormat::revision3).machine.revision() == 3);
  CHECK(Fixture(Transport::polling, WireFormat::revision3_base64).machine.revision() == 3);
  Recorder recorder;
  const SessionConfig config;
  const SessionMachine machine(recorder, config, Transport::polling,
                               EncodedPacket::text(PacketType::open, "{}"), kStart);
  CHECK(machine.revision() == 4);
}

// --- Polling

TEST_CASE("revision 3 answers polls in its own form") {
  Fixture f;
  f.send("a");
  f.send("b\xc3\xa9");
  CHECK(f.poll() == "2:4a3:4b\xc3\xa9");
  f.send("a");
  f.send_binary("\x01\x02");
  CHECK(f.poll() == bytes("\x00\x02\xff"
                          "4a\x01\x03\xff\x04\x01\x02"));
  f.hold_poll();
  f.send("late");
  f.machine.flush_poll();
  CHECK(f.recorder.take() == Log{"poll answered 5:4late"});
}

TEST_CASE("a client without binary data polls base64") {
  Fixture f(Transport::polling, WireFormat::revision3_base64);
  f.send("a");
  f.send_binary("\x01\x02");
  CHECK(f.poll() == "2:4a6:b4AQI=");
}

TEST_CASE("revision 3 reads both kinds of posts") {
  for (const auto format : {WireFormat::revision3, WireFormat::revision3_base64}) {
    Fixture f(Transport::polling, format);
    CHECK(f.post("2:4a6:b4AQI=2:4b"));
    CHECK(f.recorder.take() == Log{"text a", "binary \x01\x02", "text b"});
    CHECK(f.post(bytes("\x00\x02\xff"
                       "4a\x01\x03\xff\x04\x01\xff"),
                 true));
    CHECK(f.recorder.take() == Log{"text a", "binary \x01\xff"});
  }
}

TEST_CASE("a bad post closes, and the packets before the bad one have been delivered") {
  Fixture text;
  CHECK_FALSE(text.post("2:4a4:4b"));
  CHECK(text.recorder.take() == Log{"text a", "closed: parse error, eio_bad_payload"});
  Fixture revision4;
  CHECK_FALSE(revision4.post("4a"));
  CHECK(revision4.recorder.take() == Log{"closed: parse error, eio_bad_payload"});
  Fixture broken;
  CHECK_FALSE(broken.post("2:4\xc3"));
  CHECK(broken.recorder.take() == Log{"closed: parse error, eio_invalid_utf8"});
  Fixture binary;
  CHECK_FALSE(binary.post(bytes("\x00\x02\xff"
                                "4a\x00\x09\xff"),
                          true));
  CHECK(binary.recorder.take() == Log{"text a", "closed: parse error, eio_bad_payload"});
  Fixture empty;
  CHECK_FALSE(empty.post("", true));
  CHECK(empty.recorder.take() == Log{"closed: parse error, eio_empty_packet"});
}

TEST_CASE("the packets that end polls have lengths, too") {
  Fixture overlap;
  overlap.hold_poll();
  std::string body;
  CHECK(overlap.machine.on_poll(body) == Verdict::refuse);
  CHECK(overlap.recorder.take() ==
        Log{"poll answered 1:1", "closed: transport error, eio_poll_overlap"});

  Fixture goodbye;
  goodbye.hold_poll();
  CHECK(goodbye.post("1:12:4a"));
  CHECK(goodbye.recorder.take() == Log{"poll answered 1:6", "closed: transport close"});

  Fixture closing;
  closing.machine.close(closing.now);
  CHECK(closing.poll() == "1:61:1");
  CHECK(closing.recorder.take() == Log{"closed: forced close"});

  Fixture upgrading;
  REQUIRE(upgrading.machine.on_candidate(upgrading.now));
  upgrading.machine.on_candidate_text("2probe", upgrading.now);
  upgrading.hold_poll();
  upgrading.advance(upgrading.config.upgrade_noop_interval);
  CHECK(upgrading.recorder.take() == Log{"probe answered", "poll answered 1:6"});
  upgrading.hold_poll();
  upgrading.machine.on_candidate_text("5", upgrading.now);
  CHECK(upgrading.recorder.take() == Log{"poll answered 1:6", "upgraded"});
}

// --- WebSocket

TEST_CASE("revision 3 writes type bytes, or base64, over WebSocket") {
  Fixture binary(Transport::websocket);
  binary.send("a");
  binary.send_binary("\x01\x02");
  CHECK(binary.written() == Log{"text 4a", "binary \x04\x01\x02"});
  Fixture base64(Transport::websocket, WireFormat::revision3_base64);
  base64.send("a");
  base64.send_binary("\x01\x02");
  CHECK(base64.written() == Log{"text 4a", "text b4AQI="});
}

TEST_CASE("revision 3 reads type bytes, and base64, over WebSocket") {
  for (const auto format : {WireFormat::revision3, WireFormat::revision3_base64}) {
    Fixture f(Transport::websocket, format);
    f.machine.on_websocket_text("4a", f.now);
    f.machine.on_websocket_binary("\x04\x01\x02", f.now);
    f.machine.on_websocket_text("b4AQI=", f.now);
    CHECK(f.recorder.take() == Log{"text a", "binary \x01\x02", "binary \x01\x02"});
  }
}

TEST_CASE("a bad frame of revision 3 is a parse error") {
  const struct {
    std::string frame;
    bool binary;
    std::string error;
  } rows[] = {
      {"", false, "eio_empty_packet"},
      {"", true, "eio_empty_packet"},
      {"x", false, "eio_unknown_packet_type"},
      {"4", true, "eio_unknown_packet_type"},
      {"bAQI=", false, "eio_unknown_packet_type"},
      {"b4?", false, "eio_invalid_base64"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.frame);
    Fixture f(Transport::websocket);
    if (row.binary) {
      f.machine.on_websocket_binary(row.frame, f.now);
    } else {
      f.machine.on_websocket_text(row.frame, f.now);
    }
    CHECK(f.recorder.take() == Log{"websocket closed", "closed: parse error, " + row.error});
  }
}

// --- Heartbeat

TEST_CASE("the client pings, and is answered") {
  Fixture f(Transport::websocket);
  f.advance(f.config.ping_interval);
  CHECK(f.written().empty());
  f.machine.on_websocket_text("2", f.now);
  CHECK(f.written() == Log{"text 3"});
  f.machine.on_websocket_text("2data", f.now);
  CHECK(f.written() == Log{"text 3"});
  CHECK(f.recorder.take().empty());
}

TEST_CASE("a client that does not ping is given up, whatever else it sends") {
  for (const auto transport : {Transport::polling, Transport::websocket}) {
    Fixture f(transport);
    const Millis patience = f.config.ping_interval + f.config.ping_timeout;
    REQUIRE(f.machine.deadline() == kStart + patience);
    f.advance(patience - Millis(1));
    if (transport == Transport::websocket) {
      f.machine.on_websocket_text("4busy", f.now);
    } else {
      CHECK(f.post("5:4busy"));
    }
    CHECK(f.recorder.take() == Log{"text busy"});
    f.advance(Millis(1));
    CHECK(f.recorder.take().back() == "closed: ping timeout, eio_ping_missing");
  }
}

TEST_CASE("each ping gives the whole time again") {
  Fixture f;
  const Millis patience = f.config.ping_interval + f.config.ping_timeout;
  for (int i = 0; i < 3; ++i) {
    f.advance(patience - Millis(1));
    CHECK(f.post("1:2"));
    CHECK(f.poll() == "1:3");
    CHECK(f.machine.deadline() == f.now + patience);
  }
  CHECK(f.recorder.take().empty());
}

TEST_CASE("a pong of the client's is in the wrong direction") {
  Fixture f(Transport::websocket);
  f.machine.on_websocket_text("3", f.now);
  CHECK(f.recorder.take() ==
        Log{"websocket closed", "closed: transport error, eio_heartbeat_direction"});
}

TEST_CASE("pongs do not pile up for a client that fetches none") {
  Fixture f;
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += "1:2";
  CHECK(f.post(pings));
  f.send("a");
  CHECK(f.post("1:21:2"));
  CHECK(f.poll() == "1:32:4a1:3");
}

TEST_CASE("the heartbeat goes on after an upgrade of revision 3") {
  Fixture f;
  f.advance(Millis(10));
  f.upgrade(false);
  CHECK(f.machine.deadline() == kStart + f.config.ping_interval + f.config.ping_timeout);
  f.machine.on_websocket_text("2", f.now);
  CHECK(f.written() == Log{"text 3"});
}

// --- Upgrade

TEST_CASE("after an upgrade binary packets go as the WebSocket's request asked for") {
  Fixture gains(Transport::polling, WireFormat::revision3_base64);
  gains.send_binary("\x01");
  gains.upgrade(false);
  gains.send_binary("\x02");
  CHECK(gains.written() == Log{"text b4AQ==", "binary \x04\x02"});

  Fixture loses(Transport::polling, WireFormat::revision3);
  loses.send("a");
  loses.send_binary("\x01");
  loses.upgrade(true);
  CHECK(loses.machine.revision() == 3);
  loses.send_binary("\x02");
  CHECK(loses.written() == Log{"text 4a", "text b4AQ==", "text b4Ag=="});
}

TEST_CASE("an upgrade of revision 4 leaves its form alone") {
  SessionConfig config;
  Recorder recorder;
  SessionMachine machine(recorder, config, Transport::polling,
                         EncodedPacket::text(PacketType::open, "{}"), kStart);
  REQUIRE(machine.on_candidate(kStart, true));
  machine.on_candidate_text("2probe", kStart);
  machine.on_candidate_text("5", kStart);
  machine.send(EncodedPacket::binary("x"));
  CHECK(machine.revision() == 4);
  CHECK(machine.queue().packets().back().payload() == "x");
}
