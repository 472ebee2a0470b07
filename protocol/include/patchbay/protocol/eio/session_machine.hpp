// SPDX-License-Identifier: MIT
//
// One Engine.IO session without its sockets: what arrived and what time it is go in, calls to a
// Handler come out. It decides about heartbeats, upgrades, overlapping requests and closing; it
// owns the queue of packets that wait to be sent.
//
// In revision 4 this side sends pings and waits for pongs; in revision 3 the client sends pings,
// and this side answers them.
//
// The driver (engineio/src/session.cpp) owns the connections. For polling it reports requests and
// answers them; for WebSocket it reports messages, and writes what is in queue().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "patchbay/protocol/eio/close_reason.hpp"
#include "patchbay/protocol/eio/handshake.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/eio/send_queue.hpp"
#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay::eio {

class SessionMachine {
 public:
  enum class State : std::uint8_t { open, closing, closed };

  // Called from inside the machine's functions. A handler may call back into the machine, but must
  // not destroy it.
  class Handler {
   public:
    // A message of the client's. The view lives for the call.
    virtual void on_message(bool binary, std::string_view data) = 0;
    // A packet of the client's, before anything is done about it. The view lives for the call.
    virtual void on_packet(const PacketView& /*packet*/) {}
    // A packet joins the queue.
    virtual void on_packet_create(const EncodedPacket& /*packet*/) {}
    // The candidate has become the session's transport; packets go there from now on.
    virtual void on_upgrade() = 0;
    // The end, exactly once; nothing is called after it. `detail` may be Errc::none.
    virtual void on_close(CloseReason reason, Errc detail) = 0;

    // There is something to send: call flush_poll() or write queue() before long.
    virtual void wake_writer() = 0;
    // Answer the held GET with this body (status 200).
    virtual void answer_poll(std::string body) = 0;
    // Drop the connection whose POST is still being read.
    virtual void abort_post() = 0;
    // Send "3probe" over the candidate.
    virtual void answer_probe() = 0;
    // Close the WebSocket that wanted to become the transport.
    virtual void close_candidate() = 0;
    // Close the session's WebSocket, with a close frame that names no code.
    virtual void close_websocket() = 0;

   protected:
    ~Handler() = default;
  };

  // Starts open, with the open packet queued. `handler` and `config` must outlive the machine, and
  // `budget` whatever is queued in it.
  SessionMachine(Handler& handler, const SessionConfig& config, Transport transport,
                 EncodedPacket open_packet, TimePoint now,
                 WireFormat format = WireFormat::revision4, SendBudget* budget = nullptr);
  SessionMachine(const SessionMachine&) = delete;
  SessionMachine& operator=(const SessionMachine&) = delete;

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] Transport transport() const noexcept { return transport_; }
  // 3 or 4.
  [[nodiscard]] int revision() const noexcept { return is_revision3() ? 3 : 4; }
  [[nodiscard]] bool upgrading() const noexcept { return candidate_ != Candidate::none; }

  // --- Polling -----------------------------------------------------------------------------------
  enum class PollVerdict : std::uint8_t {
    answer,  // `body` is the answer, status 200
    hold,    // keep the request; answer_poll() will come
    refuse,  // status 400: it overlaps with another GET; the session has been closed
  };
  // A GET has come in. Precondition: state() is not closed.
  PollVerdict on_poll(std::string& body);
  void on_poll_aborted();
  // A GET waits for something to be sent.
  [[nodiscard]] bool poll_held() const noexcept { return poll_held_; }
  // Answers a held GET with what is queued, if both are there.
  void flush_poll();

  // The head of a POST has come in. False: refuse it with 400; it overlaps with another one, and
  // the session has been closed.
  [[nodiscard]] bool on_post_begin();
  // Its body is complete. False: answer 400 (the body was not valid; the session has been closed).
  // `binary`: it was sent as application/octet-stream, which only revision 3 allows.
  [[nodiscard]] bool on_post_end(std::string_view body, TimePoint now, bool binary = false);
  // Its body was of the wrong kind or too large, or its connection was lost.
  void on_post_failed(Errc why);

  // --- WebSocket ---------------------------------------------------------------------------------
  // A message over the session's own WebSocket.
  void on_websocket_text(std::string_view text, TimePoint now);
  void on_websocket_binary(std::string_view data, TimePoint now);
  // The client sent a close frame, or the connection is gone.
  void on_websocket_closed();
  // The client broke RFC 6455, or a limit; the driver closes the connection itself.
  void on_websocket_failed(Errc why);
  // Everything in queue() has been written.
  void on_drained();

  // --- Upgrade -----------------------------------------------------------------------------------
  // A WebSocket with this session's id was opened. False: close it; this session cannot be upgraded
  // (now). `base64`: of revision 3, and takes binary packets as base64 only.
  [[nodiscard]] bool on_candidate(TimePoint now, bool base64 = false);
  void on_candidate_text(std::string_view text, TimePoint now);
  void on_candidate_binary();
  void on_candidate_closed();

  // --- Sending and closing -----------------------------------------------------------------------
  // Queues a packet, in the form of revision 4 whatever the session's is; false when the session is
  // not open, and the packet is dropped.
  bool send(EncodedPacket packet);
  // True when a packet sent now would leave at once: what decides about volatile packets.
  [[nodiscard]] bool writable() const noexcept;
  [[nodiscard]] SendQueue& queue() noexcept { return queue_; }
  [[nodiscard]] const SendQueue& queue() const noexcept { return queue_; }

  // Closes after what is queued has been sent, at the latest after closing_timeout. `why` is what
  // on_close() will give as the detail.
  void close(TimePoint now, Errc why = Errc::none);
  // Closes at once and forgets what is queued.
  void close_now();
  // The same, with a reason: the client has exceeded a limit that only the driver can judge.
  void fail(Errc why);

  // --- Time --------------------------------------------------------------------------------------
  // When on_time() wants to be called next. May move with every call of the functions above.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
  void on_time(TimePoint now);

 private:
  enum class Candidate : std::uint8_t { none, attached, probed };

  [[nodiscard]] bool is_revision3() const noexcept { return format_ != WireFormat::revision4; }
  template <typename Reader>
  bool read_packets(Reader reader, TimePoint now);
  void on_packet(const PacketView& packet, TimePoint now);
  void on_ping(TimePoint now);
  void on_pong(TimePoint now);
  void extend_pong_deadline(TimePoint now);
  void send_ping(TimePoint now);
  void on_heartbeat_due(TimePoint now);
  void complete_upgrade();
  void adopt_format_of_candidate();
  void drop_candidate();
  void finish(CloseReason reason, Errc detail);
  void release_poll(PacketType type);
  [[nodiscard]] std::string take_queued_payload();
  [[nodiscard]] std::string payload_of(std::span<const EncodedPacket> packets) const;

  Handler* handler_;
  const SessionConfig* config_;
  SendQueue queue_;
  TimePoint
      heartbeat_deadline_;  // next ping of ours, or the end of waiting for one of the client's
  TimePoint upgrade_deadline_{};
  TimePoint noop_deadline_{};
  TimePoint closing_deadline_{};
  State state_ = State::open;
  Errc closing_reason_ = Errc::none;
  Transport transport_;
  WireFormat format_;
  Candidate candidate_ = Candidate::none;
  bool candidate_base64_ = false;
  bool awaiting_pong_ = false;
  bool pong_deadline_extended_ = false;
  std::uint32_t pongs_missed_ = 0;
  bool poll_held_ = false;
  bool post_active_ = false;
};

}  // namespace patchbay::eio
