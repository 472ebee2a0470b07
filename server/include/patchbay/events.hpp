// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/handler.hpp"

namespace patchbay {

// Names one listener, for off() and its kin. Not used again by the same socket or namespace before
// two thousand million others.
enum class ListenerId : std::uint32_t {};

// The handlers of named events, in the order they were added. For one thread.
class EventListeners {
 public:
  ListenerId add(std::string_view event, EventHandler handler, bool once);
  void remove(std::string_view event);
  void remove(ListenerId id);
  void clear() noexcept { entries_.clear(); }
  [[nodiscard]] std::size_t count(std::string_view event) const noexcept;

  // Who is to be called for an event, in order: mostly the first alone, if any.
  struct Functions {
    HandlerPtr first;
    std::vector<HandlerPtr> more;
  };
  // Who is to be called now; those that wanted to be called once are removed. A copy, because
  // handlers may add and remove handlers.
  [[nodiscard]] Functions take(std::string_view event);

 private:
  // Every socket has them, so they are small; and most that are looked at are for another event, so
  // that is told without following the pointer.
  struct Entry {
    HandlerPtr handler;
    std::uint32_t once : 1;
    std::uint32_t id : 31;
    std::uint32_t hash;

    [[nodiscard]] bool is_for(std::string_view event, std::uint32_t event_hash) const noexcept {
      return hash == event_hash && handler.event() == event;
    }
  };

  std::vector<Entry> entries_;
  std::uint32_t last_id_ = 0;
};

// Calls each of the functions with the event; what they throw goes to the error listener.
void call_listeners(EventListeners::Functions functions, EventCall call);

}  // namespace patchbay
