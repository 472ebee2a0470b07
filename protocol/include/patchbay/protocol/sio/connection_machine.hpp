// SPDX-License-Identifier: MIT
//
// What one Engine.IO session means to Socket.IO: which namespaces its client has joined or is
// joining, which packets are legal now, and when a client that joins nothing has to go.
// No I/O: messages and time come in, calls to a Handler go out.
//
// Clients of revision 4 (the 2.x line) are in "/" without asking, and a query may follow the name
// of a namespace ("/chat?token=x"): it belongs to no name, and is what revision 5 calls auth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/sio/parser.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay::sio {

class ConnectionMachine {
 public:
  // Index of a namespace of this connection, small and reused after leave(): the layer above can
  // keep its sockets in a vector.
  using Slot = std::size_t;

  // Called from inside start() and the on_... functions, in order. A handler may call back into the
  // machine, but must not destroy it.
  class Handler {
   public:
    // The client asks to join. Answer, now or later, by accept(slot) or reject(slot).
    virtual void on_connect_request(Slot slot, std::string_view nsp, Value auth) = 0;
    // `args` holds the name (string or number) first; it is empty for a packet without payload.
    virtual void on_event(Slot slot, Array args, std::optional<std::uint64_t> ack_id) = 0;
    virtual void on_ack(Slot slot, std::uint64_t ack_id, Array args) = 0;
    // The client left the namespace; the slot is free when this returns.
    virtual void on_disconnect(Slot slot) = 0;
    // The client broke the protocol, or joined nothing in time: the session has to be closed.
    // Nothing is called after this.
    virtual void on_violation(Errc reason) = 0;

   protected:
    ~Handler() = default;
  };

  // `handler` and `limits` must outlive the machine. The client has until `now + connect_timeout`
  // to join a first namespace.
  ConnectionMachine(Handler& handler, std::unique_ptr<Decoder> decoder, const Limits& limits,
                    TimePoint now, Millis connect_timeout, Revision revision = Revision::v5);

  // To be called once, before anything comes in: a client of revision 4 now asks for "/".
  void start();

  void on_text(std::string_view text);
  void on_binary(std::string_view data);

  // When on_time() wants to be called next; nothing once a namespace was joined.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
  void on_time(TimePoint now);

  // The answer to on_connect_request. Precondition: the slot is joining.
  void accept(Slot slot);
  void reject(Slot slot);
  // The server makes a joined client leave.
  void leave(Slot slot);

  // The session has closed: everything that still comes in is ignored.
  void stop() noexcept { stopped_ = true; }

  [[nodiscard]] Revision revision() const noexcept { return revision_; }
  [[nodiscard]] bool joined(Slot slot) const noexcept;
  // Precondition: the slot is joining or joined.
  [[nodiscard]] const std::string& namespace_of(Slot slot) const noexcept;

 private:
  enum class State : std::uint8_t { free, joining, joined };
  struct Entry {
    std::string nsp;
    State state = State::free;
  };

  void on_packet(Result<std::optional<Packet>> packet);
  void on_connect(Packet packet, std::string_view query);
  void request(std::string nsp, Value auth);
  void violate(Errc reason);
  [[nodiscard]] std::optional<Slot> find(std::string_view nsp) const noexcept;
  Slot take_slot(std::string nsp);

  Handler* handler_;
  const Limits* limits_;
  std::unique_ptr<Decoder> decoder_;
  Revision revision_;
  std::vector<Entry> entries_;
  std::optional<TimePoint> join_deadline_;
  bool stopped_ = false;
};

}  // namespace patchbay::sio
