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

EventListeners::Functions EventListeners::take(std::string_view event) {
  Functions functions;
  bool any_once = false;
  for (const Entry& entry : entries_) {
    if (entry.event != event) continue;
    if (functions.first) {
      functions.more.push_back(entry.function);
    } else {
      functions.first = entry.function;
    }
    any_once |= entry.once;
  }
  if (any_once) {
    std::erase_if(entries_,
                  [event](const Entry& entry) { return entry.once && entry.event == event; });
  }
  return functions;
}

namespace {

void call_one(EventListeners::Function function, EventCall& call) {
  EventHandler& handler = *function;
  call.handler = std::move(function);
  try {
    handler(call);
  } catch (...) {
    call.report_exception(std::current_exception());
  }
}

}  // namespace

void call_listeners(EventListeners::Functions functions, EventCall call) {
  if (!functions.first) return;
  if (functions.more.empty()) return call_one(std::move(functions.first), call);
  // Each but the last gets a copy.
  EventCall copy = call;
  call_one(std::move(functions.first), copy);
  for (std::size_t i = 0; i + 1 < functions.more.size(); ++i) {
    copy = call;
    call_one(std::move(functions.more[i]), copy);
  }
  call_one(std::move(functions.more.back()), call);
}

}  // namespace patchbay
