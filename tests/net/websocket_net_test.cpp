// SPDX-License-Identifier: MIT
//
// WebSockets of the application's own, over real sockets. What RFC 6455 asks of frames is proven in
// interop/raw/rfc6455_*; here is what the application sees.
#include "patchbay/engineio/websocket.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/loop_thread.hpp"
#include "../support/raw_connection.hpp"
#include "../support/running_engine.hpp"
#include "patchbay/server.hpp"

using namespace patchbay;
using namespace patchbay::engineio;
using namespace patchbay::test;

namespace {

constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;
constexpr int kPing = 9;
constexpr int kPong = 10;

using Strings = std::vector<std::string>;
using WebSocketPtr = std::shared_ptr<RawWebSocket>;

// Echoes, and logs how it ended.
void log_close(Log& log, const WebSocketPtr& ws) {
  ws->on_close([&log](const WebSocketClose& close) {
    log.add("closed " + std::to_string(close.code) + " " + std::string(close.reason) + " " +
            std::string(close.error == Errc::none ? "" : label(close.error)));
  });
}

WebSocketHandler echo(Log& log) {
  return [&log](const WebSocketPtr& ws) {
    log.add("open " + ws->request().url);
    log_close(log, ws);
    ws->on_text([ws](std::string_view text) { ws->send_text(text); });
    ws->on_binary([ws](std::string_view data) { ws->send_binary(data); });
  };
}

// A client that has its WebSocket.
struct Peer {
  explicit Peer(std::uint16_t port, std::string_view target = "/ws") : connection(port) {
    connection.write_upgrade(target);
    REQUIRE(connection.read_response().status == 101);
  }
  // The next frame as "opcode payload"; "end" when there is none.
  std::string next() {
    const auto frame = connection.read_frame();
    return frame ? std::to_string(frame->opcode) + " " + frame->payload : "end";
  }
  RawConnection connection;
};

// A request with these header lines, and the response to it.
RawResponse upgrade_with(std::uint16_t port, std::string_view headers) {
  RawConnection connection(port);
  connection.write_request("GET", "/ws", {},
                           "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                           "Sec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                               std::string(headers));
  return connection.read_response();
}

}  // namespace

TEST_CASE("a raw WebSocket gets whole messages, and its end with the peer's code and reason") {
  RunningEngine server;
  server.engine.websocket("/ws", echo(server.log));
  server.start();
  Peer client(server.port, "/ws?room=1");
  client.connection.write_frame(kText, "hello");
  client.connection.write_frame(kBinary, std::string("\0\1", 2));
  CHECK(client.next() == "1 hello");
  CHECK(client.next() == std::string("2 \0\1", 4));
  client.connection.write_frame(kPing, "there?");
  CHECK(client.next() == "10 there?");
  client.connection.write_frame(kClose,
                                "\x0F\xA0"
                                "bye");  // 4000
  CHECK(client.next() == "8 \x0F\xA0");
  CHECK(server.log.wait(2) == Strings{"open /ws?room=1", "closed 4000 bye "});
  CHECK(server.engine.session_count() == 0);
}

TEST_CASE("a raw WebSocket ends with 1005, 1006 or what the peer did wrong") {
  RunningEngine server;
  server.engine.websocket("/ws", [&](const WebSocketPtr& ws) { log_close(server.log, ws); });
  server.start();
  Peer(server.port).connection.write_frame(kClose, "");
  CHECK(server.log.wait(1).back() == "closed 1005  ");
  { const Peer lost(server.port); }
  CHECK(server.log.wait(2).back() == "closed 1006  ");
  Peer broken(server.port);
  broken.connection.write_frame(3, "");
  CHECK(broken.next() == "8 \x03\xEA");
  CHECK(server.log.wait(3).back() == "closed 1002  ws_reserved_opcode");
}

TEST_CASE("a raw WebSocket that the application closes sends what is queued first") {
  RunningEngine server;
  server.engine.websocket("/ws", [&](const WebSocketPtr& ws) {
    log_close(server.log, ws);
    ws->on_text([ws, &log = server.log](std::string_view) {
      ws->send_text("one");
      ws->send_text("two");
      ws->close(4001, "enough");
      CHECK_FALSE(ws->open());
      CHECK_FALSE(ws->send_text("three"));
      ws->close(4002, "again");
      log.add("closing");
    });
  });
  server.start();
  Peer client(server.port);
  client.connection.write_frame(kText, "go");
  client.connection.write_frame(kText, "ignored");
  CHECK(client.next() == "1 one");
  CHECK(client.next() == "1 two");
  CHECK(client.next() ==
        "8 \x0F\xA1"
        "enough");
  CHECK(server.log.wait(2) == Strings{"closing", "closed 4001 enough "});
  client.connection.write_frame(kClose, "\x0F\xA1");
  CHECK(client.connection.at_end());
}

TEST_CASE("a raw WebSocket may be closed before its first message") {
  RunningEngine server;
  server.engine.websocket("/ws", [&](const WebSocketPtr& ws) {
    log_close(server.log, ws);
    ws->on_text([&](std::string_view) { server.log.add("message"); });
    ws->send_text("no");
    ws->close_now(4003);
  });
  server.start();
  Peer client(server.port);
  CHECK(client.next() == "8 \x0F\xA3");
  CHECK(server.log.wait(1) == Strings{"closed 4003  "});
}

TEST_CASE("close() refuses what no close frame may have") {
  RunningEngine server;
  server.engine.websocket("/ws", [](const WebSocketPtr& ws) {
    constexpr std::uint16_t kBad[] = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000};
    for (const std::uint16_t code : kBad) {
      CAPTURE(code);
      CHECK_THROWS_AS(ws->close(code), std::invalid_argument);
    }
    CHECK_THROWS_AS(ws->close(1000, std::string(124, 'x')), std::invalid_argument);
    CHECK_THROWS_AS(ws->close(1000, "\xFF"), std::invalid_argument);
    ws->close(1000, std::string(123, 'x'));
  });
  server.start();
  Peer client(server.port);
  CHECK(client.next() == "8 \x03\xE8" + std::string(123, 'x'));
}

TEST_CASE("only so much waits for a client that does not read") {
  RunningEngine server;
  const std::string large(300'000, 'x');
  server.engine.websocket("/ws",
                          [&](const WebSocketPtr& ws) {
                            ws->on_text([ws, &large, &log = server.log](std::string_view) {
                              CHECK(ws->send_text(large));  // alone it may be of any size
                              while (ws->send_text("small")) {
                              }
                              CHECK(ws->buffered_bytes() <= 400'000);
                              CHECK_FALSE(ws->send_text(large));
                              ws->when_drained([ws, &log] {
                                log.add("drained");
                                CHECK(ws->buffered_bytes() == 0);
                              });
                            });
                          },
                          {.max_buffered_bytes = 350'000});
  server.start();
  Peer client(server.port);
  client.connection.write_frame(kText, "go");
  CHECK(client.next().size() == 300'002);
  while (server.log.wait(0).empty()) CHECK(client.next() == "1 small");
}

TEST_CASE("when_drained calls back when nothing waits at all") {
  RunningEngine server;
  server.engine.websocket(
      "/ws", [&](const WebSocketPtr& ws) { ws->when_drained([&] { server.log.add("drained"); }); });
  server.start();
  const Peer client(server.port);
  server.log.wait(1);
}

TEST_CASE("messages sent from outside of a callback leave") {
  RunningEngine server;
  WebSocketPtr kept;
  server.engine.websocket("/ws", [&](const WebSocketPtr& ws) {
    kept = ws;
    server.log.add("open");
  });
  server.start();
  Peer client(server.port);
  server.log.wait(1);
  kept->loop().post([&] { kept->send_text("later"); });
  CHECK(client.next() == "1 later");
  kept->loop().post([&] { kept->close(); });
  CHECK(client.next() == "8 \x03\xE8");
  server.stop();
}

TEST_CASE("callbacks may hold, replace and end their WebSocket, and may throw") {
  RunningEngine server;
  server.engine.on_exception(
      [&](const RequestInfo&, std::exception_ptr) { server.log.add("exception"); });
  server.engine.websocket("/ws", [](const WebSocketPtr& ws) {
    ws->on_text([ws](std::string_view) {
      ws->on_text([ws](std::string_view) { ws->close_now(4000); });
      throw std::runtime_error("on purpose");
    });
    throw std::runtime_error("on purpose");
  });
  server.start();
  Peer client(server.port);
  client.connection.write_frame(kText, "");
  client.connection.write_frame(kText, "");
  CHECK(client.next() == "8 \x0F\xA0");
  CHECK(server.log.wait(2) == Strings{"exception", "exception"});
}

TEST_CASE("a client that gives no sign of life is given up, one that answers pings is not") {
  RunningEngine server;
  server.engine.websocket("/ws", [&](const WebSocketPtr& ws) { log_close(server.log, ws); },
                          {.ping_interval = Millis(50), .ping_timeout = Millis(50)});
  server.start();
  Peer client(server.port);
  for (int i = 0; i < 4; ++i) {
    CHECK(client.next() == "9 ");
    client.connection.write_frame(kPong, "");
  }
  CHECK(client.next() == "9 ");
  CHECK(client.next() == "8 ");
  CHECK(server.log.wait(1) == Strings{"closed 1006  eio_pong_missing"});
}

TEST_CASE("when the engine stops, raw WebSockets are told that it goes away") {
  RunningEngine server;
  server.engine.websocket("/ws", [&](const WebSocketPtr& ws) {
    log_close(server.log, ws);
    server.log.add("open");
  });
  server.start();
  Peer client(server.port);
  server.log.wait(1);
  server.engine.stop();
  CHECK(client.next() == "8 \x03\xE9");
  client.connection.write_frame(kClose, "\x03\xE9");
  CHECK(client.connection.at_end());
  CHECK(server.log.wait(2).back() == "closed 1001  ");
}

TEST_CASE("an engine that is destroyed lets go of raw WebSockets") {
  std::weak_ptr<RawWebSocket> left;
  std::string ended;
  {
    RunningEngine server;
    server.engine.websocket("/ws", [&](const WebSocketPtr& ws) {
      left = ws;
      ws->on_close([&, ws](const WebSocketClose& close) { ended = std::to_string(close.code); });
      server.log.add("open");
    });
    server.start();
    const Peer client(server.port);
    server.log.wait(1);
    server.stop();  // this client does not answer
  }
  CHECK(left.expired());
  CHECK(ended == "1001");
}

TEST_CASE("requests for a raw WebSocket are admitted, and told why not") {
  EngineOptions options;
  options.allowed_origins = std::string("http://good.example");
  RunningEngine server(std::move(options));
  WebSocketOptions closed;
  closed.admit = [](const RequestInfo& request) -> std::optional<http::Response> {
    if (request.headers.contains("x-throw")) throw std::runtime_error("on purpose");
    if (request.headers.contains("x-token")) return std::nullopt;
    return http::Response{.status = 401, .headers = {}, .body = "who are you?"};
  };
  server.engine.websocket("/ws", echo(server.log), std::move(closed));
  server.start();
  CHECK(upgrade_with(server.port, "X-Token: 1\r\n").status == 101);
  CHECK(upgrade_with(server.port, "X-Token: 1\r\nOrigin: http://good.example\r\n").status == 101);
  CHECK(upgrade_with(server.port, "X-Token: 1\r\nOrigin: http://evil.example\r\n").status == 403);
  CHECK(upgrade_with(server.port, "X-Throw: 1\r\n").status == 500);
  const RawResponse refused = upgrade_with(server.port, "");
  CHECK(refused.status == 401);
  CHECK(refused.body == "who are you?");
  CHECK(refused.headers.at("connection") == "close");
}

TEST_CASE("a raw WebSocket agrees on the subprotocol that the application prefers") {
  RunningEngine server;
  server.engine.websocket("/ws", echo(server.log), {.protocols = {"v2", "v1"}});
  server.start();
  const auto agreed = [&](const std::string& offers) {
    const auto response = upgrade_with(server.port, "Sec-WebSocket-Protocol: " + offers + "\r\n");
    REQUIRE(response.status == 101);
    const auto found = response.headers.find("sec-websocket-protocol");
    return found == response.headers.end() ? "none" : found->second;
  };
  CHECK(agreed("v1, v2") == "v2");
  CHECK(agreed("v1") == "v1");
  CHECK(agreed("V2,v22 , x") == "none");
}

TEST_CASE("the path of a raw WebSocket, and what else may be there") {
  RunningEngine server;
  server.engine.websocket("/ws", echo(server.log));
  server.engine.websocket("/both", echo(server.log));
  server.engine.http().get("/both", [](const HttpRequest&) {
    return http::Response{.status = 200, .headers = {}, .body = "page"};
  });
  server.engine.websocket("/below/*", echo(server.log));
  server.engine.websocket("/engine.io/own", echo(server.log));
  server.start();
  RawConnection http(server.port);
  CHECK(http.request("GET", "/ws").status == 426);
  CHECK(http.request("POST", "/ws", "x").status == 426);
  CHECK(http.request("GET", "/both").body == "page");
  CHECK(http.request("POST", "/both", "x").status == 405);
  for (const char* target : {"/both", "/below/a/b", "/engine.io/own"}) {
    CAPTURE(target);
    Peer client(server.port, target);
    client.connection.write_frame(kText, "hi");
    CHECK(client.next() == "1 hi");
  }
  RawConnection elsewhere(server.port);
  elsewhere.write_upgrade("/elsewhere");
  CHECK(elsewhere.read_response().status == 404);
  RawConnection bad(server.port);
  bad.write_request("GET", "/ws", {}, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
  CHECK(bad.read_response().status == 400);
}

TEST_CASE("a path for WebSockets that makes no sense is refused") {
  HttpRouter router;
  Log log;
  CHECK_THROWS_AS(router.websocket("ws", echo(log)), std::invalid_argument);
  CHECK_THROWS_AS(router.websocket("/ws", nullptr), std::invalid_argument);
  CHECK_THROWS_AS(router.websocket("/ws", echo(log), {.ping_interval = Millis(-1)}),
                  std::invalid_argument);
  CHECK_FALSE(router.has_exact("/ws"));
}

TEST_CASE("messages behind the handshake are not lost") {
  RunningEngine server;
  server.engine.websocket("/ws", echo(server.log));
  server.start();
  const RawConnection unused(server.port);
  RawConnection connection(server.port);
  const std::string frame = {'\x81', '\x82', 0, 0, 0, 0, 'h', 'i'};
  connection.write(
      "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      frame + frame);
  REQUIRE(connection.read_response().status == 101);
  CHECK(connection.read_frame()->payload == "hi");
  CHECK(connection.read_frame()->payload == "hi");
}

TEST_CASE("a server has raw WebSockets beside Socket.IO, on each of its threads") {
  ServerOptions options;
  options.threads = 2;
  Server io(std::move(options));
  std::atomic<std::size_t> loops{0};
  io.websocket("/ws", [&](const WebSocketPtr& ws) {
    CHECK(ws->loop().in_loop_thread());
    loops |= std::size_t{1} << ws->loop().index();
    ws->on_text([ws](std::string_view text) { ws->send_text(text); });
  });
  const std::uint16_t port = io.listen(0, "127.0.0.1");
  LoopThread thread;
  thread.start(io.engine().loop(0), [&] { io.run(); });
  {
    Peer first(port);
    Peer second(port);
    for (Peer* client : {&first, &second}) {
      client->connection.write_frame(kText, "hi");
      CHECK(client->next() == "1 hi");
    }
    CHECK(loops == 3);
    RawConnection polling(port);
    CHECK(polling.request("GET", "/socket.io/?EIO=4&transport=polling").status == 200);
  }
  thread.stop([&] { io.close(); });
}
