// SPDX-License-Identifier: MIT
//
// A Socket.IO server's side of sessions without a network: what the client sends is handed in, what
// the server sends is kept as values. Everything runs inline, on the caller's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client.hpp"
#include "patchbay/engineio/session.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/limits.hpp"
#include "patchbay/server.hpp"

namespace patchbay::test {

// Lives on the server's own loop, which nobody runs, so that this thread counts as the loop's.
class DummySession final : public engineio::Session {
 public:
  DummySession(engineio::Loop& loop, std::string id, int revision = 4)
      : loop_(&loop), id_(std::move(id)), revision_(revision) {
    request_.method = "GET";
    request_.url = "/socket.io/?EIO=4&transport=websocket&token=abc";
    request_.query = http::Query("EIO=4&transport=websocket&token=abc");
    request_.headers.add("host", "example.com");
    request_.remote_address = "192.0.2.7";
  }

  [[nodiscard]] const std::string& id() const noexcept override { return id_; }
  [[nodiscard]] const engineio::RequestInfo& request() const noexcept override { return request_; }
  [[nodiscard]] engineio::Loop& loop() noexcept override { return *loop_; }
  [[nodiscard]] int revision() const noexcept override { return revision_; }
  [[nodiscard]] eio::Transport transport() const noexcept override {
    return eio::Transport::websocket;
  }
  [[nodiscard]] bool open() const noexcept override { return open_; }
  [[nodiscard]] bool writable() const noexcept override { return open_ && writable_; }
  [[nodiscard]] std::size_t buffered_bytes() const noexcept override { return 0; }

  // Messages are kept without the Engine.IO type digit; binary ones in angle brackets.
  bool send(eio::EncodedPacket packet) override {
    if (!open_) return false;
    const std::string_view payload = packet.payload();
    compressible_.push_back(packet.compress());
    sent_.push_back(packet.is_binary() ? "<" + std::string(payload) + ">"
                                       : std::string(payload.substr(1)));
    return true;
  }
  void when_drained(std::function<void()> callback) override {
    if (open_) loop_->post(std::move(callback));
  }
  void close() override { end(eio::CloseReason::forced_close, Errc::none); }
  void close_now() override { close(); }

  // The end from the other side, or from below. A real session releases its handler, too.
  void end(eio::CloseReason reason, Errc detail) {
    open_ = false;
    if (const auto handler = std::exchange(handler_, nullptr)) handler->on_close(reason, detail);
  }

  void set_handler(std::shared_ptr<engineio::SessionHandler> handler) {
    handler_ = std::move(handler);
  }
  void receive(bool binary, std::string_view data) {
    if (handler_) handler_->on_message(binary, data);
  }
  [[nodiscard]] std::vector<std::string> take_sent() { return std::exchange(sent_, {}); }
  // For each message since the last call, whether it may be compressed.
  [[nodiscard]] std::vector<bool> take_compressible() { return std::exchange(compressible_, {}); }
  // False: as if earlier packets were still on their way.
  void set_writable(bool writable) noexcept { writable_ = writable; }

 private:
  engineio::Loop* loop_;
  std::string id_;
  int revision_;
  engineio::RequestInfo request_;
  std::shared_ptr<engineio::SessionHandler> handler_;
  std::vector<std::string> sent_;
  std::vector<bool> compressible_;
  bool open_ = true;
  bool writable_ = true;
};

// A client of the server's: `receive` on its session is what it sends.
class TestClient {
 public:
  explicit TestClient(Server& io, int revision = 4)
      : session_(std::make_shared<DummySession>(io.engine().loop(0), "session", revision)) {
    const auto client = std::make_shared<Client>(io, session_);
    session_->set_handler(client);
    client->start();
  }
  ~TestClient() { lose(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void send(std::string_view text) { session_->receive(false, text); }
  void send_binary(std::string_view data) { session_->receive(true, data); }
  // The connection breaks.
  void lose(eio::CloseReason reason = eio::CloseReason::transport_close, Errc detail = Errc::none) {
    session_->end(reason, detail);
  }
  // What has arrived since the last call.
  [[nodiscard]] std::vector<std::string> received() { return session_->take_sent(); }
  [[nodiscard]] bool open() const noexcept { return session_->open(); }
  [[nodiscard]] DummySession& session() noexcept { return *session_; }

  // Joins a namespace and returns the id of the socket; empty when that failed. Other packets that
  // arrived meanwhile are dropped.
  std::string join(const std::string& nsp = "/") {
    send(nsp == "/" ? "0" : "0" + nsp + ",");
    for (const std::string& packet : received()) {
      const auto brace = packet.find('{');
      if (!packet.starts_with('0') || brace == std::string::npos) continue;
      const auto data = parse_json(packet.substr(brace), Limits().json_depth);
      if (data) return (*data)["sid"].as_string();
    }
    return {};
  }

 private:
  std::shared_ptr<DummySession> session_;
};

using Packets = std::vector<std::string>;

// What HandlerError says, as values.
struct ErrorLog {
  explicit ErrorLog(Server& io) {
    io.on_error([this](const HandlerError& error) {
      texts.push_back(error.event + ": " + error.message);
      exceptions += error.exception != nullptr ? 1 : 0;
    });
  }
  std::vector<std::string> texts;
  int exceptions = 0;
};

// One client in the main namespace, and the socket that the server has for it.
struct JoinedClient {
  JoinedClient() {
    io.on_connection([this](SocketPtr joined) { socket = std::move(joined); });
    id = client.join();
  }
  JoinedClient(const JoinedClient&) = delete;
  JoinedClient& operator=(const JoinedClient&) = delete;
  ~JoinedClient() = default;

  // What comes back when the client sends this.
  Packets answer(std::string_view packet) {
    client.send(packet);
    return client.received();
  }

  Server io;
  ErrorLog errors{io};
  std::string id;
  SocketPtr socket;
  TestClient client{io};
};

}  // namespace patchbay::test
