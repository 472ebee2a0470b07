// SPDX-License-Identifier: MIT
//
// Events to a room that carry a running number, so that a client sees what it has missed:
//
//   patchbay::RoomSequence news(io.sockets());
//   news.join(socket, "sport");                     // "room:joined", {room, seq: 41, epoch}
//   news.emit("sport", "goal", "1:0");              // "goal", "1:0", {room, seq: 42, epoch}
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "patchbay/namespace.hpp"

namespace patchbay {

struct RoomSequenceOptions {
  // What a socket gets that joins: after it, the next event of the room has the next number.
  std::string joined_event = "room:joined";
  // Rooms whose number is remembered. Of more, the one that was used longest ago is forgotten, and
  // goes on with a higher number than it ever had: its clients see a gap where there is none, never
  // the other way round.
  std::size_t max_rooms = 100'000;
};

// The numbers of a namespace's rooms. A value; copies count together, and do not keep the
// namespace. Any thread. Must not be used once the Server is destroyed.
//
// Whoever emits, and on whichever threads: the events of a room reach every client in the order of
// their numbers, for each room is numbered by one of the server's loops. So an event is on its way
// later than the call, unless that was made on this loop, and what the same thread emits to the
// room otherwise may overtake it. Events are never volatile.
//
// Each event has an object {room, seq, epoch} as its last argument. `seq` grows by one; `epoch` is
// a text that no other RoomSequence has: when it changes, the numbers begin anew (the server was
// started again, or the client came to another one of a cluster).
class RoomSequence {
 public:
  // Throws std::invalid_argument for a joined_event that the protocol keeps for itself, and when
  // there may be no rooms.
  explicit RoomSequence(Namespace& nsp, RoomSequenceOptions options = {});

  // Throws std::invalid_argument for a reserved name.
  template <typename... Ts>
  void emit(std::string_view room, std::string_view event, Ts&&... args) const {
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    emit_values(room, event, values);
  }
  void emit_values(std::string_view room, std::string_view event,
                   std::span<const Value> args) const;

  // Makes the socket join, and tells it the number at which it has.
  void join(const SocketPtr& socket, std::string_view room) const;

  // The number of the last event; 0 before the first. Called on one of the server's loops.
  void current(std::string_view room, std::function<void(std::uint64_t seq)> done) const;

  [[nodiscard]] const std::string& epoch() const noexcept;

 private:
  class Counters;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace patchbay
