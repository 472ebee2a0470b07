// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "polling_prelude.hpp"
#include "stream.hpp"
#include "ws_frame.hpp"

namespace patchbay::bench {

class Client;

/// What the clients of a run report to.
class ClientListener {
 public:
  ClientListener() = default;
  ClientListener(const ClientListener&) = delete;
  ClientListener& operator=(const ClientListener&) = delete;
  virtual ~ClientListener() = default;

  /// Connected to the namespace "/".
  virtual void on_joined(Client& client);
  /// A Socket.IO packet, without the Engine.IO type in front of it.
  virtual void on_packet(Client& client, std::string_view packet) = 0;
  virtual void on_binary(Client& client, std::string_view bytes);
  /// The connection has ended or what came is not the protocol. The client is closed.
  virtual void on_lost(Client& client, const char* reason) = 0;
};

/// How a client gets to its WebSocket.
enum class Transport : std::uint8_t {
  kWebSocket,  ///< at once
  kUpgrade,    ///< as the stock client does: by long-polling, then a probe and an upgrade
};

/// A Socket.IO client (Engine.IO 4, Socket.IO 5) over WebSocket.
class Client final : public Stream, private PollingPrelude::Listener {
 public:
  Client(Loop& loop, const Endpoints& endpoints, std::uint32_t number)
      : Stream(loop, endpoints), number_(number) {}

  std::uint32_t number() const { return number_; }
  /// Has got as far as "/" since the last join(), even if the connection is lost by now.
  bool was_joined() const { return was_joined_; }
  /// Heartbeats of the server that have been answered.
  std::uint32_t pings() const { return pings_; }
  /// The server's pingInterval + pingTimeout: without a ping for so long, it is taken for dead.
  Nanoseconds patience() const { return patience_; }
  Nanoseconds last_ping() const { return last_ping_; }

  /// Connects, or connects again. `listener` must live as long as the connection.
  void join(ClientListener& listener, Transport transport, int receive_buffer = 0);
  void listen(ClientListener& listener) { listener_ = &listener; }

  /// Sends a Socket.IO packet of type EVENT and so on: `2["name",...]`.
  void send(std::string_view packet);

  void leave();

 private:
  enum class State : std::uint8_t {
    kClosed,
    kPrelude,
    kUpgrading,
    kProbing,
    kOpening,
    kJoining,
    kJoined
  };

  void on_connected() override;
  std::size_t on_data(char* data, std::size_t size) override;
  void on_lost(const char* reason) override;

  void on_prelude_ready() override;
  void on_prelude_paused() override;
  void on_prelude_failed(const char* reason) override;

  std::size_t take_upgrade_response(std::string_view data);
  void on_frame(const Frame& frame);
  void on_text(std::string_view text);
  void on_open(std::string_view handshake);
  void on_pong(std::string_view text);
  void on_ping();
  void finish_upgrade();
  void become_joined();
  void send_frame(Opcode opcode, std::string_view payload);

  ClientListener* listener_ = nullptr;
  std::unique_ptr<PollingPrelude> prelude_;
  Nanoseconds patience_ = 0;
  Nanoseconds last_ping_ = 0;
  std::uint32_t number_;
  std::uint32_t pings_ = 0;
  int receive_buffer_ = 0;
  State state_ = State::kClosed;
  bool probed_ = false;
  bool was_joined_ = false;
};

}  // namespace patchbay::bench
