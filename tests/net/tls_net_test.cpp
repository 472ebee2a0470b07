// SPDX-License-Identifier: MIT
//
// An engine that speaks TLS, over real sockets.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/running_engine.hpp"
#include "../support/tls_certificate.hpp"
#include "../support/tls_connection.hpp"

using namespace patchbay;
using namespace patchbay::engineio;
using namespace patchbay::test;

namespace {

constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;

const std::string kPolling = "/engine.io/?EIO=4&transport=polling";
const std::string kWebSocket = "/engine.io/?EIO=4&transport=websocket";

EngineOptions tls_options() {
  const TestCertificate made = make_certificate();
  EngineOptions options;
  options.tls = TlsOptions{.certificate_pem = made.certificate, .private_key_pem = made.key};
  return options;
}

std::string sid_of(std::string_view open_packet) {
  REQUIRE(open_packet.starts_with("0{"));
  return std::string(open_packet.substr(open_packet.find(R"("sid":")") + 7, 20));
}

void open_websocket(TlsConnection& connection, const std::string& sid = {}) {
  connection.write_upgrade(sid.empty() ? kWebSocket : kWebSocket + "&sid=" + sid);
  REQUIRE(connection.read_response().status == 101);
  if (!sid.empty()) return;
  const auto open = connection.read_frame();
  REQUIRE(open);
  CHECK(open->payload.starts_with("0{"));
}

std::string next_text(TlsConnection& connection) {
  const auto frame = connection.read_frame();
  return frame && frame->opcode == kText ? frame->payload : std::string();
}

}  // namespace

TEST_CASE("tls: an engine refuses a key that is not the certificate's") {
  EngineOptions options = tls_options();
  options.tls->private_key_pem = make_certificate().key;
  CHECK_THROWS_AS(Engine{options}, std::invalid_argument);
}

TEST_CASE("tls: polling, then the upgrade, by TLS 1.2 and 1.3") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    RunningEngine server(tls_options());
    server.start();
    TlsConnection connection(server.port, version);
    const std::string sid = sid_of(connection.request("GET", kPolling).body);
    const std::string target = kPolling + "&sid=" + sid;
    CHECK(connection.request("POST", target, "4hello").body == "ok");
    CHECK(connection.request("GET", target).body == "4hello");

    TlsConnection candidate(server.port, version);
    open_websocket(candidate, sid);
    candidate.write_frame(kText, "2probe");
    CHECK(next_text(candidate) == "3probe");
    candidate.write_frame(kText, "5");
    candidate.write_frame(kText, "4over");
    CHECK(next_text(candidate) == "4over");
  }
}

TEST_CASE("tls: sessions know that they are secure") {
  RunningEngine server(tls_options());
  std::promise<bool> secure;
  server.on_session = [&](Session& session) { secure.set_value(session.request().secure); };
  server.start();
  TlsConnection connection(server.port);
  open_websocket(connection);
  CHECK(secure.get_future().get());
}

TEST_CASE("tls: several shards share the connections and pass them on") {
  EngineOptions options = tls_options();
  options.threads = 2;
  RunningEngine server(std::move(options));
  server.start();
  std::vector<std::unique_ptr<TlsConnection>> connections;
  std::vector<std::string> targets;
  constexpr std::size_t kCount = 8;
  for (std::size_t i = 0; i < kCount; ++i) {
    connections.push_back(std::make_unique<TlsConnection>(server.port));
    targets.push_back(kPolling +
                      "&sid=" + sid_of(connections.back()->request("GET", kPolling).body));
  }
  // Every connection asks for every session, with the next request right behind in one record.
  for (std::size_t i = 0; i < kCount; ++i) {
    for (std::size_t j = 0; j < kCount; ++j) {
      const std::string text = "4" + std::to_string(i) + "-" + std::to_string(j);
      connections[i]->write(
          "POST " + targets[j] +
          " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(text.size()) +
          "\r\n\r\n" + text + "GET " + targets[j] + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      CHECK(connections[i]->read_response().body == "ok");
      CHECK(connections[i]->read_response().body == text);
    }
  }
}

TEST_CASE("tls: large messages to a slow reader arrive whole") {
  constexpr int kCount = 40;
  EngineOptions options = tls_options();
  options.limits.send_queue_bytes = std::size_t{16} * 1024 * 1024;
  RunningEngine server(options);
  server.on_session = [&](Session& session) {
    for (int i = 0; i < kCount; ++i) {
      session.send(
          eio::EncodedPacket::binary(std::string(300'000, static_cast<char>('a' + i % 26))));
      session.send(eio::EncodedPacket::text(eio::PacketType::message, std::to_string(i)));
    }
  };
  server.start();
  TlsConnection client(server.port);
  open_websocket(client);
  // Meanwhile the server hears, and answers behind what waits.
  client.write_frame(kText, "4are you there?");
  server.settle();
  for (int i = 0; i < kCount; ++i) {
    const auto frame = client.read_frame();
    REQUIRE(frame);
    CHECK(frame->opcode == kBinary);
    CHECK(frame->payload == std::string(300'000, static_cast<char>('a' + i % 26)));
    CHECK(next_text(client) == "4" + std::to_string(i));
  }
  CHECK(next_text(client) == "4are you there?");
}

TEST_CASE("tls: large requests and answers, in small records") {
  RunningEngine server(tls_options());
  server.start();
  TlsConnection connection(server.port);
  SSL_set_max_send_fragment(connection.peer().ssl(), 512);
  const std::string target = kPolling + "&sid=" + sid_of(connection.request("GET", kPolling).body);
  const std::string text = "4" + std::string(900'000, 'x');
  CHECK(connection.request("POST", target, text).body == "ok");
  CHECK(connection.request("GET", target).body == text);
}

TEST_CASE("tls: handshakes that do not get on are given up") {
  EngineOptions options = tls_options();
  options.http_head_timeout = Millis(200);
  RunningEngine server(std::move(options));
  server.start();
  TlsPeer peer;
  peer.handshake();
  const std::string hello = peer.take();
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, hello.size() / 2, hello.size()}) {
    CAPTURE(size);
    RawConnection connection(server.port);
    connection.write(hello.substr(0, size));
    const std::string answer = connection.rest();  // returns when the server closes
    CHECK(answer.empty() == (size < hello.size()));
  }
  TlsConnection silent(server.port);
  CHECK(silent.at_end());
  CHECK(silent.peer().closed());
}

TEST_CASE("tls: whoever does not speak it is turned away, and nobody else notices") {
  RunningEngine server(tls_options());
  server.start();
  TlsConnection bystander(server.port);
  open_websocket(bystander);
  const std::array<std::string, 4> inputs{
      "GET " + kPolling + " HTTP/1.1\r\nHost: localhost\r\n\r\n", std::string(100, '\0'),
      std::string("\x16\x03\x01\xFF\xFF garbage"), std::string("\x15\x03\x01\x00\x02\x02\x28", 7)};
  for (const std::string& input : inputs) {
    CAPTURE(input);
    RawConnection connection(server.port);
    connection.write(input);
    // At most an alert.
    const std::string answer = connection.rest();
    CHECK((answer.empty() || (answer.size() == 7 && answer[0] == '\x15')));
  }
  bystander.write_frame(kText, "4hello");
  CHECK(next_text(bystander) == "4hello");
}

TEST_CASE("tls: the end of an answer is told") {
  RunningEngine server(tls_options());
  server.start();
  TlsConnection connection(server.port);
  const RawResponse response = connection.request("GET", kPolling, {}, "Connection: close\r\n");
  CHECK(response.status == 200);
  CHECK(connection.at_end());
  CHECK(connection.peer().closed());
}

TEST_CASE("tls: a peer that says it sends nothing more ends the session") {
  RunningEngine server(tls_options());
  server.start();
  TlsConnection connection(server.port);
  open_websocket(connection);
  connection.finish();
  CHECK(server.log.wait(1) == std::vector<std::string>{"transport close"});
  CHECK(connection.at_end());
  CHECK(connection.peer().closed());
}

TEST_CASE("tls: stopping tells both the WebSocket's and the connection's end") {
  RunningEngine server(tls_options());
  server.start();
  TlsConnection connection(server.port);
  open_websocket(connection);
  server.stop();
  const auto frame = connection.read_frame();
  REQUIRE(frame);
  CHECK(frame->opcode == kClose);
  CHECK(connection.at_end());
  CHECK(connection.peer().closed());
}
