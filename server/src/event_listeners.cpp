// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "patchbay/events.hpp"

namespace patchbay {

ListenerId EventListeners::add(std::string_view event, EventHandler handler, bool once) {
  const auto id = static_cast<ListenerId>(++last_id_);
  entries_.push_back({.id = id,
                      .once = once,
                      .event = std::string(event),
                      .function = std::make_shared<EventHandler>(std::move(handler))});
  return id;
}

void EventListeners::remove(std::string_view event) {
  std::erase_if(entries_, [event](const Entry& entry) { return entry.event == event; });
}

void EventListeners::remove(ListenerId id) {
  std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; });
}

std::size_t EventListeners::count(std::string_view event) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(entries_, event, &Entry::event));
}

std::vector<EventListeners::Function> EventListeners::take(std::string_view event) {
  std::vector<Function> functions;
  bool any_once = false;
  for (const Entry& entry : entries_) {
    if (entry.event != event) continue;
    functions.push_back(entry.function);
    any_once |= entry.once;
  }
  if (any_once) {
    std::erase_if(entries_,
                  [event](const Entry& entry) { return entry.once && entry.event == event; });
  }
  return functions;
}

void call_listeners(const std::vector<EventListeners::Function>& functions, EventCall call) {
  const auto call_one = [](const EventListeners::Function& function, EventCall one) {
    one.handler = function;
    try {
      (*function)(one);
    } catch (...) {
      one.report_exception(std::current_exception());
    }
  };
  if (functions.empty()) return;
  for (std::size_t i = 0; i + 1 < functions.size(); ++i) call_one(functions[i], call);
  call_one(functions.back(), std::move(call));  // mostly the only one: no copy
}

}  // namespace patchbay
