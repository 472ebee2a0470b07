// SPDX-License-Identifier: MIT
//
// A WebSocket connection of a session: as its transport, or as the candidate to become it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/eio/send_queue.hpp"
#include "prefetch.hpp"
#include "stream.hpp"
#include "timer_wheel.hpp"
#include "ws_codec.hpp"
#include "ws_deflate.hpp"

namespace patchbay::engineio {

class WsTransport final : public Stream::Handler,
                          private TimerWheel::Node,
                          public std::enable_shared_from_this<WsTransport> {
 public:
  // What the connection tells the session. The first argument is the transport itself.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_ws_text(WsTransport& ws, std::string_view text) = 0;
    virtual void on_ws_binary(WsTransport& ws, std::string_view data) = 0;
    // What was there to read has been told.
    virtual void on_ws_read(WsTransport& ws) = 0;
    // The peer's close frame, or its error, as `event`: on_ws_closed() or on_ws_failed() follow,
    // and what is flushed now still goes before the close frame that answers it.
    virtual void on_ws_ending(WsTransport& /*ws*/, const ws::Event& /*event*/) {}
    // The peer has closed, or is gone. Nothing is called after this.
    virtual void on_ws_closed(WsTransport& ws) = 0;
    // The peer has broken the protocol and was told so. Nothing is called after this.
    virtual void on_ws_failed(WsTransport& ws, Errc why) = 0;
    // Writing is possible again.
    virtual void on_ws_writable(WsTransport& ws) = 0;
    // More waits for this peer than it should get more answers to.
    [[nodiscard]] virtual bool reading_paused(const WsTransport& ws) const = 0;
    // The engine stops: the WebSocket is to be closed before long.
    virtual void on_ws_shutdown(WsTransport& ws) { ws.close(std::nullopt); }
  };

  // `deflate`: what the handshake has agreed on.
  WsTransport(std::shared_ptr<Stream> stream, const EngineOptions& options,
              const std::optional<ws::DeflateParams>& deflate);

  // Begins to serve. `leftover` is what the peer sent behind its handshake.
  void start(std::shared_ptr<Listener> listener, std::string leftover);

  // Writes as many queued packets as the connection takes, in one call if it can, and removes them.
  // True when nothing is left.
  bool flush(eio::SendQueue& queue);
  // Sends one text frame ahead of queued packets.
  void send_text(std::string_view text);
  // Sends a ping ahead of queued packets; the pong counts as something read.
  void send_ping(std::string_view data);
  // Bytes of packets taken from the queue that the connection has not taken yet.
  [[nodiscard]] std::size_t unsent_bytes() const noexcept;

  // Sends a close frame, waits for the peer's, and closes. The listener hears nothing more.
  // `reason` only with a code; both must be fit for a close frame.
  void close(std::optional<std::uint16_t> code, std::string_view reason = {});
  // Closes without another word, for a peer that does not read. The listener hears nothing more.
  void drop();
  // The kernel takes nothing more for now.
  [[nodiscard]] bool blocked() const noexcept { return blocked_; }
  // Reading was put off, since too much waits for this peer.
  [[nodiscard]] bool reading_paused() const noexcept { return reading_paused_; }
  // The peer may be read from again, if its listener agrees.
  void resume_reading();
  void prefetch() const noexcept {
    engineio::prefetch(*this);
    engineio::prefetch(*stream_);
  }

  // Stream::Handler
  void on_readable() override;
  void on_writable() override;
  void on_shutdown() override;
  void on_abandoned() override { lose(); }

 private:
  enum class State : std::uint8_t { open, closing, closed };

  void on_timer(TimePoint now) override;
  void process(std::span<char> input);
  void process_held_input();
  [[nodiscard]] bool must_pause();
  void set_partial(const eio::EncodedPacket& frame, std::size_t sent);
  void clear_partial() noexcept;
  void handle(const ws::Event& event);
  void answer_ping(std::string_view data);
  void on_close_frame(const ws::Event& event);
  void on_error(const ws::Event& event);
  void write_control();
  bool write(eio::SendQueue* queue);
  [[nodiscard]] std::span<const eio::EncodedPacket> frames_of(const eio::SendQueue& queue);
  std::size_t consume(std::size_t bytes, std::span<const eio::EncodedPacket> frames);
  void lose();

  std::shared_ptr<Stream> stream_;
  std::shared_ptr<Listener> listener_;
  const EngineOptions* options_;
  ws::Receiver receiver_;
  // Without compression the packets' own frames are sent.
  std::unique_ptr<ws::DeflateSender> deflater_;
  // Read, and put off since too much waits for this peer. Mostly null.
  std::unique_ptr<std::string> held_input_;
  // A packet of which a part has been written: the rest must come before anything else. Counts in
  // the shard's budget.
  eio::EncodedPacket partial_;
  std::size_t partial_sent_ = 0;
  std::string control_;  // pongs, close and probe frames: before packets that are still queued
  State state_ = State::open;
  bool peer_closed_ = false;
  bool reading_paused_ = false;
  bool processing_held_ = false;
  bool blocked_ = false;  // the kernel takes nothing more until it says so
};

}  // namespace patchbay::engineio
