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

// Names one listener, for off() and its kin. Never used twice by one socket or namespace.
enum class ListenerId : std::uint64_t {};

// The handlers of named events, in the order they were added. For one thread.
class EventListeners {
 public:
  using Function = std::shared_ptr<EventHandler>;

  ListenerId add(std::string_view event, EventHandler handler, bool once);
  void remove(std::string_view event);
  void remove(ListenerId id);
  void clear() noexcept { entries_.clear(); }
  [[nodiscard]] std::size_t count(std::string_view event) const noexcept;

  // Who is to be called for an event, in order: mostly the first alone, if any.
  struct Functions {
    Function first;
    std::vector<Function> more;
  };
  // Who is to be called now; those that wanted to be called once are removed. A copy, because
  // handlers may add and remove handlers.
  [[nodiscard]] Functions take(std::string_view event);

 private:
  struct Entry {
    ListenerId id;
    bool once;
    std::string event;
    Function function;
  };

  std::vector<Entry> entries_;
  std::uint64_t last_id_ = 0;
};

// Calls each of the functions with the event; what they throw goes to the error listener.
void call_listeners(EventListeners::Functions functions, EventCall call);

}  // namespace patchbay
