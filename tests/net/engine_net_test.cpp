// SPDX-License-Identifier: MIT
#include "patchbay/engineio/engine.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../support/raw_connection.hpp"
#include "../support/running_engine.hpp"

using namespace patchbay;
using namespace patchbay::engineio;
using namespace patchbay::test;

namespace {

constexpr int kText = 1;
constexpr int kClose = 8;

const std::string kPolling = "/engine.io/?EIO=4&transport=polling";
const std::string kWebSocket = "/engine.io/?EIO=4&transport=websocket";

std::string sid_of(std::string_view open_packet) {
  const std::size_t begin = open_packet.find(R"("sid":")") + 7;
  REQUIRE(open_packet.starts_with("0{"));
  return std::string(open_packet.substr(begin, 20));
}

// A session that polls over one connection.
struct Polling {
  explicit Polling(std::uint16_t port) : connection(port) {
    sid = sid_of(connection.request("GET", kPolling).body);
  }
  [[nodiscard]] std::string target() const { return kPolling + "&sid=" + sid; }
  std::string get() { return connection.request("GET", target()).body; }
  std::string post(std::string_view body) {
    return connection.request("POST", target(), body).body;
  }

  RawConnection connection;
  std::string sid;
};

// A WebSocket, whose session is the polling one's when an id is given.
struct WebSocket {
  explicit WebSocket(std::uint16_t port, const std::string& sid = {}) : connection(port) {
    connection.write_upgrade(sid.empty() ? kWebSocket : kWebSocket + "&sid=" + sid);
    REQUIRE(connection.read_response().status == 101);
    if (sid.empty()) REQUIRE(text().starts_with("0{"));
  }
  // The next text frame; empty when there is another one or none.
  std::string text() {
    auto frame = connection.read_frame();
    return frame && frame->opcode == kText ? frame->payload : std::string();
  }
  void send(std::string_view packet) const { connection.write_frame(kText, packet); }

  RawConnection connection;
};

}  // namespace

TEST_CASE("garbage right behind a WebSocket handshake costs that connection only") {
  RunningEngine server;
  server.start();
  RawConnection connection(server.port);
  connection.write_request("GET", kWebSocket, {},
                           "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                           "Sec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\ntest");
  REQUIRE(connection.read_response().status == 101);
  auto frame = connection.read_frame();
  while (frame && frame->opcode != kClose) frame = connection.read_frame();
  REQUIRE(frame);
  CHECK(frame->payload == "\x03\xEA");  // 1002
  CHECK(server.log.wait(1) == std::vector<std::string>{"transport error"});
  WebSocket(server.port).send("4alive");
}

TEST_CASE("garbage right behind an upgrade's handshake leaves the session polling") {
  RunningEngine server;
  server.start();
  Polling session(server.port);
  RawConnection candidate(server.port);
  candidate.write_request("GET", kWebSocket + "&sid=" + session.sid, {},
                          "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\ntest");
  REQUIRE(candidate.read_response().status == 101);
  const auto frame = candidate.read_frame();
  REQUIRE(frame);
  CHECK(frame->opcode == kClose);
  CHECK(session.post("4alive") == "ok");
  CHECK(session.get() == "4alive");
}

TEST_CASE("sessions are counted from handshake to end") {
  RunningEngine server;
  server.start();
  CHECK(server.engine.session_count() == 0);
  Polling polling(server.port);
  WebSocket websocket(server.port);
  CHECK(server.engine.session_count() == 2);
  polling.post("1");
  server.log.wait(1);
  server.settle();
  CHECK(server.engine.session_count() == 1);
  websocket.connection.write_frame(kClose, "");
  CHECK(server.log.wait(2) == std::vector<std::string>{"transport close", "transport close"});
  server.settle();
  CHECK(server.engine.session_count() == 0);
}

TEST_CASE("a session tells who opened it, and by what transport") {
  RunningEngine server;
  std::promise<Session*> opened;
  server.on_session = [&](Session& session) { opened.set_value(&session); };
  server.start();
  RawConnection connection(server.port);
  std::string name;
  std::string sid;
  SUBCASE("polling") {
    name = "polling";
    const auto response =
        connection.request("GET", kPolling + "&a=1&b=%26", {}, "X-Custom: header\r\n");
    CHECK(response.status == 200);
    sid = sid_of(response.body);
  }
  SUBCASE("websocket") {
    name = "websocket";
    connection.write_request("GET", kWebSocket + "&a=1&b=%26", {},
                             "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Version: 13\r\nX-Custom: header\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    CHECK(connection.read_response().status == 101);
    sid = sid_of(connection.read_frame().value_or(RawFrame()).payload);
  }
  auto future = opened.get_future();
  REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
  Session* const session = future.get();
  std::promise<void> checked;
  session->loop().post([&] {
    CHECK(session->id() == sid);
    CHECK(session->open());
    CHECK(session->revision() == 4);
    CHECK(eio::to_string(session->transport()) == name);
    const RequestInfo& request = session->request();
    CHECK(request.remote_address == "127.0.0.1");
    CHECK(request.url == "/engine.io/?EIO=4&transport=" + name + "&a=1&b=%26");
    CHECK(*request.query.find("transport") == name);
    CHECK(*request.query.find("a") == "1");
    CHECK(*request.query.find("b") == "&");
    CHECK(request.headers.find("x-custom") == "header");
    CHECK_FALSE(request.secure);
    checked.set_value();
  });
  checked.get_future().wait();
}

TEST_CASE("a session that upgrades tells its handler once") {
  RunningEngine server;
  server.start();
  Polling session(server.port);
  WebSocket candidate(server.port, session.sid);
  candidate.send("2probe");
  CHECK(candidate.text() == "3probe");
  candidate.send("5");
  candidate.send("4over");
  CHECK(candidate.text() == "4over");
  candidate.connection.write_frame(kClose, "");
  CHECK(server.log.wait(2) == std::vector<std::string>{"upgrade", "transport close"});
}

TEST_CASE("stop ends every kind of session, and run returns") {
  RunningEngine server;
  server.start();
  Polling idle(server.port);
  Polling holding(server.port);
  holding.connection.write_request("GET", holding.target());
  WebSocket websocket(server.port);
  Polling upgraded(server.port);
  WebSocket successor(server.port, upgraded.sid);
  successor.send("5");
  Polling upgrading(server.port);
  WebSocket candidate(server.port, upgrading.sid);
  candidate.send("2probe");
  CHECK(candidate.text() == "3probe");
  REQUIRE(server.log.wait(1) == std::vector<std::string>{"upgrade"});
  CHECK(server.engine.session_count() == 5);

  server.stop();
  CHECK(server.log.wait(6) == std::vector<std::string>{"upgrade", "forced close", "forced close",
                                                       "forced close", "forced close",
                                                       "forced close"});
  CHECK(server.engine.session_count() == 0);
  CHECK(holding.connection.read_response().body == "1");
  for (WebSocket* const peer : {&websocket, &successor, &candidate}) {
    const auto frame = peer->connection.read_frame();
    REQUIRE(frame);
    CHECK(frame->opcode == kClose);
  }
}

TEST_CASE("heartbeats pass among large messages") {
  constexpr int kCount = 100;
  const std::string large(std::size_t{256} * 255, 'a');
  EngineOptions options;
  options.ping_interval = Millis(20);
  options.ping_timeout = Millis(2'000);
  // A busy machine takes its time to read: that is not what this is about.
  options.limits.send_queue_bytes = std::size_t{64} * 1024 * 1024;
  RunningEngine server(std::move(options));
  server.on_session = [&](Session& session) {
    for (int i = 0; i < kCount; ++i) {
      const std::string message = large + std::to_string(i);
      session.send(eio::EncodedPacket::text(eio::PacketType::message, message));
    }
  };
  server.start();
  WebSocket client(server.port);
  int messages = 0;
  int pings = 0;
  while (messages < kCount || pings < 3) {
    const std::string packet = client.text();
    REQUIRE_FALSE(packet.empty());
    if (packet == "2") {
      ++pings;
      client.send("3");
    } else {
      REQUIRE(packet == "4" + large + std::to_string(messages));
      ++messages;
    }
  }
  client.connection.write_frame(kClose, "");
  CHECK(server.log.wait(1) == std::vector<std::string>{"transport close"});
}

TEST_CASE("text of every script passes both transports") {
  const std::string text =
      "4石室詩士施氏，嗜獅，誓食十獅。 пойду спать 👩‍👩‍👧 "
      "\xE2\x80\xA8";
  RunningEngine server;
  server.start();
  Polling polling(server.port);
  CHECK(polling.post(text) == "ok");
  CHECK(polling.get() == text);
  WebSocket websocket(server.port);
  websocket.send(text);
  CHECK(websocket.text() == text);
}

TEST_CASE("an engine without options has Node.js's defaults") {
  RunningEngine server;
  server.start();
  const EngineOptions& options = server.engine.options();
  CHECK(options.path == "/engine.io");
  CHECK(options.upgrade_timeout == Millis(10'000));
  CHECK(options.allow_upgrades);
  CHECK_FALSE(options.cors);
  CHECK_FALSE(options.cookie);
  const auto response = RawConnection(server.port).request("GET", kPolling);
  CHECK(response.body == R"(0{"sid":")" + sid_of(response.body) +
                             R"(","upgrades":["websocket"],"pingInterval":25000,)"
                             R"("pingTimeout":20000,"maxPayload":1000000})");
}

TEST_CASE("the application's routes and the engine share a port") {
  RunningEngine server;
  server.engine.http().get("/test", [](const HttpRequest&) {
    http::Response response;
    response.body = "own";
    return response;
  });
  server.start();
  RawConnection connection(server.port);
  CHECK(connection.request("GET", "/test").body == "own");
  const auto refused = connection.request("GET", "/engine.io/default/");
  CHECK(refused.status == 400);
  CHECK(refused.body == R"({"code":0,"message":"Transport unknown"})");
  CHECK(connection.request("GET", "/other").status == 404);
  CHECK(connection.request("GET", "/test").status == 200);
}

TEST_CASE("over WebSocket whoever asked is told once what was queued has gone, in order") {
  RunningEngine server;
  server.on_session = [&server](Session& session) {
    for (const char* text : {"a", "b", "c"}) {
      session.send(eio::EncodedPacket::text(eio::PacketType::message, text));
      session.when_drained([&server, text] { server.log.add(std::string("sent ") + text); });
    }
  };
  server.start();
  WebSocket client(server.port);
  for (const char* text : {"4a", "4b", "4c"}) CHECK(client.text() == text);
  client.send("4more");
  CHECK(client.text() == "4more");
  CHECK(server.log.wait(3) == std::vector<std::string>{"sent a", "sent b", "sent c"});
}

TEST_CASE("whoever asked is forgotten when the session closes first") {
  RunningEngine server;
  std::promise<Session*> opened;
  server.on_session = [&](Session& session) { opened.set_value(&session); };
  server.start();
  Polling client(server.port);
  Session* const session = opened.get_future().get();
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watched = held;
  session->loop().post([&server, session, held = std::move(held)] {
    session->send(eio::EncodedPacket::text(eio::PacketType::message, "never fetched"));
    session->when_drained([&server, held] { server.log.add("told"); });
  });
  server.settle();
  CHECK_FALSE(watched.expired());
  client.post("1");
  CHECK(server.log.wait(1) == std::vector<std::string>{"transport close"});
  server.settle();
  CHECK(watched.expired());
  CHECK(server.log.wait(1).size() == 1);
}

TEST_CASE("whoever asks while an upgrade is under way is told when polling has taken it") {
  RunningEngine server;
  std::promise<Session*> opened;
  server.on_session = [&](Session& session) { opened.set_value(&session); };
  server.start();
  Polling client(server.port);
  WebSocket candidate(server.port, client.sid);
  candidate.send("2probe");
  CHECK(candidate.text() == "3probe");
  Session* const session = opened.get_future().get();
  session->loop().post([&server, session] {
    session->send(eio::EncodedPacket::text(eio::PacketType::message, "a"));
    session->when_drained([&server] { server.log.add("sent"); });
  });
  server.settle();
  CHECK(client.get() == "4a");
  CHECK(server.log.wait(1) == std::vector<std::string>{"sent"});
  candidate.send("5");
  candidate.send("4over");
  CHECK(candidate.text() == "4over");
}

TEST_CASE("a client that goes while much waits for it costs its own session only") {
  EngineOptions options;
  options.limits.send_queue_bytes = std::size_t{64} * 1024 * 1024;
  RunningEngine server(std::move(options));
  // More than the kernel takes; and reading pauses, so that only writing finds the client gone.
  const auto large = eio::EncodedPacket::binary(std::string(1'000'000, 'x'));
  server.on_session = [&](Session& session) {
    for (int i = 0; i < 16; ++i) session.send(large);
  };
  server.start();
  {
    const WebSocket client(server.port);
    client.send("4hello");
    server.settle();
  }
  CHECK(server.log.wait(1) == std::vector<std::string>{"transport close"});
  WebSocket(server.port).send("4alive");
}
