// SPDX-License-Identifier: MIT
#include "patchbay/room_sequence.hpp"

#include <algorithm>
#include <list>
#include <random>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patchbay/server.hpp"
#include "reserved.hpp"

namespace patchbay {

namespace {

std::string random_text() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kLength = 16;
  std::random_device random;
  std::string text;
  while (text.size() < kLength) text += kDigits[random() % kDigits.size()];
  return text;
}

}  // namespace

// The rooms that one loop numbers. For one thread.
class RoomSequence::Counters {
 public:
  explicit Counters(std::size_t max_rooms) : max_rooms_(max_rooms) {}

  // The room's number, to be read and changed until the next call.
  std::uint64_t& of(const std::string& room) {
    const auto found = places_.find(room);
    if (found != places_.end()) {
      rooms_.splice(rooms_.end(), rooms_, found->second);
      return rooms_.back().last;
    }
    rooms_.push_back({.name = room, .last = floor_});
    places_.emplace(room, std::prev(rooms_.end()));
    if (rooms_.size() > max_rooms_) forget_first();
    return rooms_.back().last;
  }
  [[nodiscard]] std::uint64_t peek(const std::string& room) const {
    const auto found = places_.find(room);
    return found == places_.end() ? floor_ : found->second->last;
  }

 private:
  struct Room {
    std::string name;
    std::uint64_t last;
  };

  void forget_first() {
    floor_ = std::max(floor_, rooms_.front().last);
    places_.erase(rooms_.front().name);
    rooms_.pop_front();
  }

  std::size_t max_rooms_;
  std::uint64_t floor_ = 0;  // no room that was forgotten had a higher number
  std::list<Room> rooms_;    // the one used longest ago first
  std::unordered_map<std::string, std::list<Room>::iterator> places_;
};

struct RoomSequence::State {
  State(Namespace& a_nsp, RoomSequenceOptions some_options)
      : server(&a_nsp.server()), nsp(a_nsp.weak_from_this()), options(std::move(some_options)) {
    const std::size_t loops = server->engine().loop_count();
    const std::size_t each = std::max<std::size_t>(options.max_rooms / loops, 1);
    counters.assign(loops, Counters(each));
  }

  // Calls the function on the room's loop with what this one counts.
  template <typename F>
  void on_loop_of(const std::string& room, F function) {
    const std::size_t index = std::hash<std::string>()(room) % counters.size();
    server->engine().loop(index).dispatch(
        [&own = counters[index], function = std::move(function)]() mutable { function(own); });
  }
  [[nodiscard]] Object mark(const std::string& room, std::uint64_t seq) const {
    return {{"room", room}, {"seq", seq}, {"epoch", epoch}};
  }

  Server* const server;
  // The namespace's handlers mostly hold this: it must not hold the namespace in turn.
  const std::weak_ptr<Namespace> nsp;
  const RoomSequenceOptions options;
  const std::string epoch = random_text();
  std::vector<Counters> counters;  // each belongs to its loop
};

RoomSequence::RoomSequence(Namespace& nsp, RoomSequenceOptions options) {
  require_unreserved(options.joined_event);
  if (options.max_rooms == 0) throw std::invalid_argument("RoomSequence: max_rooms: not 0");
  state_ = std::make_shared<State>(nsp, std::move(options));
}

void RoomSequence::emit_values(std::string_view room, std::string_view event,
                               std::span<const Value> args) const {
  require_unreserved(event);
  const std::string name(room);
  state_->on_loop_of(name, [state = state_, name, event = std::string(event),
                            args = Array(args.begin(), args.end())](Counters& counters) mutable {
    const auto nsp = state->nsp.lock();
    if (!nsp) return;
    args.emplace_back(state->mark(name, ++counters.of(name)));
    nsp->to(name).emit_values(event, args);
  });
}

void RoomSequence::join(const SocketPtr& socket, std::string_view room) const {
  const std::string name(room);
  // What this thread emits from now on comes behind it, wherever the socket lives.
  state_->on_loop_of(name, [state = state_, name, socket](Counters& counters) {
    const std::uint64_t seq = counters.of(name);
    socket->join(name);
    socket->emit(state->options.joined_event, state->mark(name, seq));
  });
}

void RoomSequence::current(std::string_view room,
                           std::function<void(std::uint64_t seq)> done) const {
  const std::string name(room);
  state_->on_loop_of(name, [state = state_, name, done = std::move(done)](Counters& counters) {
    done(counters.peek(name));
  });
}

const std::string& RoomSequence::epoch() const noexcept {
  return state_->epoch;
}

}  // namespace patchbay
