// SPDX-License-Identifier: MIT
//
// What happens to clients that reach a limit, over real sockets.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/raw_connection.hpp"
#include "../support/running_engine.hpp"

using namespace patchbay;
using namespace patchbay::engineio;
using namespace patchbay::test;

namespace {

const std::string kPolling = "/engine.io/?EIO=4&transport=polling";
const std::string kWebSocket = "/engine.io/?EIO=4&transport=websocket";

constexpr int kText = 1;

void open_websocket(RawConnection& connection) {
  connection.write_upgrade(kWebSocket);
  REQUIRE(connection.read_response().status == 101);
  const auto open = connection.read_frame();
  REQUIRE(open);
  REQUIRE(open->payload.starts_with("0{"));
}

// Empty when something else comes, or nothing.
std::string next_text(RawConnection& connection) {
  const auto frame = connection.read_frame();
  return frame && frame->opcode == kText ? frame->payload : std::string();
}

std::string open_polling(RawConnection& connection) {
  const auto response = connection.request("GET", kPolling);
  REQUIRE(response.status == 200);
  return response.body.substr(response.body.find(R"("sid":")") + 7, 20);
}

// An engine that keeps its sessions at hand.
struct LimitedEngine {
  explicit LimitedEngine(EngineOptions options) : running(std::move(options)) {
    running.engine.on_session([this](const std::shared_ptr<Session>& session) {
      sessions.push_back(session);
      return std::make_shared<Echo>(running.log, *session);
    });
    running.start();
  }

  // What `function` returns, called on the loop.
  template <typename F>
  auto on_loop(F function) {
    std::promise<decltype(function())> result;
    running.engine.loop(0).post([&] { result.set_value(function()); });
    return result.get_future().get();
  }
  [[nodiscard]] std::uint64_t count(Errc reason) const {
    return running.engine.statistics().count(reason);
  }

  std::vector<std::shared_ptr<Session>> sessions;  // on the loop, until that has ended
  RunningEngine running;
};

// Sends more and more, a turn of the loop for each, until the session takes nothing more.
std::size_t flood(LimitedEngine& engine, std::size_t bytes_each) {
  constexpr std::size_t kMost = std::size_t{64} * 1024 * 1024;
  const auto packet =
      eio::EncodedPacket::text(eio::PacketType::message, std::string(bytes_each, 'x'));
  std::size_t sent = 0;
  while (sent < kMost && engine.on_loop([&] { return engine.sessions[0]->send(packet); })) {
    sent += bytes_each;
  }
  return sent;
}

}  // namespace

TEST_CASE("a client that does not read is disconnected when too much waits for it") {
  EngineOptions options;
  options.limits.send_queue_bytes = std::size_t{64} * 1024;
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  open_websocket(client);
  CHECK(flood(engine, 32'768) < std::size_t{64} * 1024 * 1024);
  CHECK(engine.running.log.wait(1).front() == "transport error");
  CHECK(engine.count(Errc::eio_slow_reader) == 1);
  engine.running.settle();
  CHECK(engine.running.engine.buffered_bytes() == 0);
}

TEST_CASE("a client that does not poll is disconnected when too much waits for it") {
  EngineOptions options;
  options.limits.send_queue_bytes = std::size_t{64} * 1024;
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  const std::string sid = open_polling(client);
  const std::size_t sent = flood(engine, 1'000);
  CHECK(sent >= std::size_t{64} * 1024);
  CHECK(sent <= std::size_t{66} * 1024);
  CHECK(engine.running.log.wait(1).front() == "transport error");
  CHECK(client.request("GET", kPolling + "&sid=" + sid).status == 400);
}

TEST_CASE("one message may be larger than what may wait") {
  EngineOptions options;
  options.limits.send_queue_bytes = std::size_t{64} * 1024;
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  open_websocket(client);
  const std::string large(std::size_t{8} * 1024 * 1024, 'l');
  engine.on_loop([&] {
    return engine.sessions[0]->send(eio::EncodedPacket::text(eio::PacketType::message, large));
  });
  const auto frame = client.read_frame();
  REQUIRE(frame);
  CHECK(frame->payload.size() == large.size() + 1);
  CHECK(engine.count(Errc::eio_slow_reader) == 0);
}

TEST_CASE(
    "when all queues together are too long, those with more than their share go, and others stay") {
  EngineOptions options;
  options.limits.send_budget_bytes = std::size_t{256} * 1024;
  LimitedEngine engine(options);
  RawConnection slow(engine.running.port);
  const std::string sid = open_polling(slow);
  RawConnection quick(engine.running.port);
  open_websocket(quick);
  CHECK(flood(engine, 8'192) < std::size_t{1024} * 1024);
  engine.running.log.wait(1);
  CHECK(engine.count(Errc::eio_send_budget) == 1);
  quick.write_frame(kText, "4still here");
  CHECK(next_text(quick) == "4still here");
}

TEST_CASE("while its answers pile up a client is not read from, and loses nothing") {
  constexpr int kMessages = 200'000;
  EngineOptions options;
  options.read_pause_bytes = 4'096;
  options.limits.send_queue_bytes = std::size_t{512} * 1024;
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  open_websocket(client);
  std::thread writer([&client] {
    for (int i = 0; i < kMessages; ++i) client.write_frame(kText, "4" + std::to_string(i));
  });
  int next = 0;
  for (; next < kMessages; ++next) {
    const auto frame = client.read_frame();
    if (!frame || frame->payload != "4" + std::to_string(next)) break;
  }
  writer.join();
  CHECK(next == kMessages);
  CHECK(engine.count(Errc::eio_slow_reader) == 0);
}

TEST_CASE("a client that sends too many messages is told so, and disconnected") {
  EngineOptions options;
  options.limits.messages = {.per_second = 1, .burst = 3};
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  open_websocket(client);
  for (int i = 0; i < 4; ++i) client.write_frame(kText, "4hello");
  for (int i = 0; i < 3; ++i) CHECK(next_text(client) == "4hello");
  const auto close = client.read_frame();
  REQUIRE(close);
  CHECK(close->opcode == 8);
  CHECK(close->payload == "\x03\xf0");  // 1008
  CHECK(engine.running.log.wait(1).front() == "transport error");
  CHECK(engine.count(Errc::eio_message_rate) == 1);
}

TEST_CASE("a client that posts too many messages is answered 429, and disconnected") {
  EngineOptions options;
  options.limits.messages = {.per_second = 1, .burst = 1};
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  const std::string url = kPolling + "&sid=" + open_polling(client);
  CHECK(client
            .request("POST", url,
                     "4a\x1e"
                     "4b")
            .status == 429);
  CHECK(client.request("GET", url).status == 400);
}

TEST_CASE("a client that sends too many bytes is disconnected") {
  EngineOptions options;
  options.limits.bytes = {.per_second = 1'000, .burst = 1'000};
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  open_websocket(client);
  client.write_frame(kText, "4" + std::string(900, 'a'));
  client.write_frame(kText, "4" + std::string(900, 'b'));
  CHECK(next_text(client).ends_with("a"));
  const auto close = client.read_frame();
  REQUIRE(close);
  CHECK(close->opcode == 8);
  engine.running.log.wait(1);
  CHECK(engine.count(Errc::eio_byte_rate) == 1);
}

TEST_CASE("where that is wanted, who sends too fast is read from later, and loses nothing") {
  EngineOptions options;
  options.limits.messages = {.per_second = 100, .burst = 5};
  options.rate_action = RateAction::delay;
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  open_websocket(client);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 35; ++i) client.write_frame(kText, "4" + std::to_string(i));
  for (int i = 0; i < 35; ++i) CHECK(next_text(client) == "4" + std::to_string(i));
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(280));
  CHECK(engine.count(Errc::eio_message_rate) > 0);
}

TEST_CASE("where that is wanted, a post that is too much is answered later") {
  EngineOptions options;
  options.limits.messages = {.per_second = 20, .burst = 1};
  options.rate_action = RateAction::delay;
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  const std::string url = kPolling + "&sid=" + open_polling(client);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(client
            .request("POST", url,
                     "4a\x1e"
                     "4b\x1e"
                     "4c")
            .status == 200);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(90));
  CHECK(client.request("GET", url).body ==
        "4a\x1e"
        "4b\x1e"
        "4c");
}

TEST_CASE("a connection too many is answered 503, and one that is free is served") {
  EngineOptions options;
  options.limits.connections = 2;
  LimitedEngine engine(options);
  auto first = std::make_unique<RawConnection>(engine.running.port);
  open_websocket(*first);
  RawConnection second(engine.running.port);
  open_websocket(second);
  {
    RawConnection third(engine.running.port);
    const auto response = third.read_response();
    CHECK(response.status == 503);
    CHECK(response.headers.at("retry-after") == "1");
    CHECK(response.headers.at("connection") == "close");
  }
  CHECK(engine.count(Errc::limit_connections) == 1);
  first.reset();
  engine.running.log.wait(1);
  bool served = false;
  for (int i = 0; i < 100 && !served; ++i) {
    RawConnection again(engine.running.port);
    again.write_request("GET", kPolling);
    served = again.read_response().status == 200;
    // The refused one may still be on its way out.
    if (!served) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(served);
}

TEST_CASE("connections too many from one address are answered 429") {
  EngineOptions options;
  options.limits.connections_per_address = 1;
  LimitedEngine engine(options);
  RawConnection first(engine.running.port);
  open_websocket(first);
  RawConnection second(engine.running.port);
  CHECK(second.read_response().status == 429);
  CHECK(engine.count(Errc::limit_address_connections) == 1);
}

TEST_CASE("behind a trusted proxy it is the clients' addresses that count") {
  EngineOptions options;
  options.limits.connections_per_address = 1;
  options.trusted_proxies = {"127.0.0.1"};
  LimitedEngine engine(options);
  const auto ask = [&engine](const std::string& client) {
    RawConnection connection(engine.running.port);
    return connection.request("GET", kPolling, {}, "X-Forwarded-For: " + client + "\r\n").status;
  };
  CHECK(ask("203.0.113.1") == 200);
  CHECK(ask("203.0.113.2") == 200);
  CHECK(ask("203.0.113.1") == 429);
  CHECK(engine.on_loop([&] { return engine.sessions[1]->request().remote_address; }) ==
        "203.0.113.2");
}

TEST_CASE("handshakes too many per second are answered 503") {
  EngineOptions options;
  options.limits.handshakes = {.per_second = 1, .burst = 2};
  LimitedEngine engine(options);
  RawConnection client(engine.running.port);
  CHECK(client.request("GET", kPolling).status == 200);
  CHECK(client.request("GET", kPolling).status == 200);
  const auto refused = client.request("GET", kPolling);
  CHECK(refused.status == 503);
  CHECK(refused.headers.at("retry-after") == "1");
  CHECK(engine.count(Errc::limit_handshake_rate) == 1);
}

TEST_CASE("handshakes that wait for a decision are so many at a time") {
  EngineOptions options;
  options.limits.handshakes_in_flight = 1;
  std::vector<AllowReply> undecided;
  std::promise<void> asked;
  options.allow_request = [&](const RequestInfo&, AllowReply reply) {
    undecided.push_back(std::move(reply));
    if (undecided.size() == 1) asked.set_value();
  };
  LimitedEngine engine(options);
  RawConnection first(engine.running.port);
  first.write_request("GET", kPolling);
  asked.get_future().wait();
  RawConnection second(engine.running.port);
  CHECK(second.request("GET", kPolling).status == 503);
  CHECK(engine.count(Errc::limit_handshakes) == 1);
  engine.on_loop([&] {
    undecided.front().allow();
    undecided.clear();
    return true;
  });
  CHECK(first.read_response().status == 200);
  second.write_request("GET", kPolling);
  engine.running.settle();
  engine.running.stop();
}
