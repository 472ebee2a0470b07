// SPDX-License-Identifier: MIT
//
// Mode --socketio-client-suite: what the tests of socket.io-client expect of their server.
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conformance_server.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

constexpr std::uint16_t kPort = 3210;
// Long enough for a connection attempt with a time limit of 0 to fail.
constexpr Millis kHandshakeDelay{10};
constexpr std::string_view kBytes = "asdfasdf";

// As JSON.stringify() writes a Date: "2026-01-31T12:00:00.000Z".
std::string iso_date() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis = std::chrono::duration_cast<Millis>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char day[32];
  const std::size_t length = std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(millis));
  return std::string(day, length) + fraction;
}

void add_text_handlers(Socket& socket) {
  socket.on("hi", [&socket] { socket.emit("hi"); });
  socket.on("false", [&socket] { socket.emit("false", false); });
  socket.on("getDate", [&socket] { socket.emit("takeDate", iso_date()); });
  socket.on("getDateObj", [&socket] { socket.emit("takeDateObj", Object{{"date", iso_date()}}); });
  socket.on("getUtf8", [&socket] {
    for (const std::string_view text :
         {"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"}) {
      socket.emit("takeUtf8", text);
    }
  });
}

void add_ack_handlers(Socket& socket) {
  socket.on("echo", [](Value value) { return value; });
  socket.on("ack", [&socket] {
    socket.emit_with_ack("ack", [&socket](std::error_code error, Value a, Value b) {
      if (!error && a == Value(5) && b["test"] == Value(true)) socket.emit("got it");
    });
  });
  socket.on("getAckDate", [] { return iso_date(); });
  socket.on("getHandshake", [&socket] { return socket.handshake().to_object(); });
  socket.on("getId", [&socket] { return socket.id(); });
}

// Handlers with a parameter of type Bytes are only called when binary was sent.
void add_binary_handlers(Socket& socket) {
  socket.on("doge", [&socket] { socket.emit("doge", Bytes(kBytes)); });
  socket.on("getbin", [&socket] { socket.emit("takebin", Bytes(kBytes)); });
  socket.on("buffa", [&socket](Bytes) { socket.emit("buffack"); });
  socket.on("blob", [&socket](Bytes) { socket.emit("back"); });
  for (const std::string name : {"jsonbuff", "jsonblob"}) {
    socket.on(name, [&socket, name](Value value) {
      if (value["hello"] == Value("lol") && value["message"].is_binary() &&
          value["goodbye"] == Value("gotcha")) {
        socket.emit(name + "-ack");
      }
    });
  }
}

// Acknowledged when everything before came, in order.
void add_order_handlers(Socket& socket) {
  auto buffers = std::make_shared<int>(0);
  socket.on("abuff1", [buffers](Bytes) { *buffers = 1; });
  socket.on("abuff2", [buffers, &socket](Value) {
    if (*buffers == 1) socket.emit("abuff2-ack");
  });
  auto blobs = std::make_shared<int>(0);
  socket.on("blob1", [blobs](Bytes) { *blobs = 1; });
  socket.on("blob2", [blobs](const std::string& text) {
    if (*blobs == 1 && text == "second") *blobs = 2;
  });
  socket.on("blob3", [blobs, &socket](Bytes) {
    if (*blobs == 2) socket.emit("blob3-ack");
  });
}

void set_up(Server& io) {
  io.use([](const SocketPtr& socket, const Next& next) {
    const std::string* fail = socket->handshake().query().find("fail");
    if (fail && !fail->empty()) return next({.message = "Auth failed (main namespace)"});
    next();
  });
  io.of("/no").use([](const SocketPtr&, const Next& next) {
    next({.message = "Auth failed (custom namespace)"});
  });
  for (const std::string_view name : {"/timeout_socket", "/valid", "/asd"}) io.of(name);
  io.of("/foo").on_connection([](const SocketPtr& socket) {
    socket->on("getId", [self = socket.get()] { return self->id(); });
  });
  io.of("/abc").on_connection(
      [](const SocketPtr& socket) { socket->emit("handshake", socket->handshake().to_object()); });
  io.on_connection([](const SocketPtr& socket) {
    add_text_handlers(*socket);
    add_ack_handlers(*socket);
    add_binary_handlers(*socket);
    add_order_handlers(*socket);
  });
}

void run(const Settings& settings) {
  ServerOptions options = settings.options;
  asio::io_context* loop = nullptr;
  options.allow_request = [&loop](const RequestInfo&, AllowReply reply) {
    auto timer = std::make_shared<asio::steady_timer>(*loop, kHandshakeDelay);
    timer->async_wait([timer, reply = std::move(reply)](asio::error_code error) {
      if (!error) reply.allow();
    });
  };
  Server io(std::move(options));
  loop = &io.engine().loop(0).io_context();
  set_up(io);
  serve(io, settings);
}

}  // namespace

Settings socketio_client_suite() {
  Settings settings;
  settings.run = run;
  settings.port = kPort;
  settings.options.ping_interval = Millis(2000);
  settings.options.connection_state_recovery.emplace();
  return settings;
}

}  // namespace patchbay::conformance
