// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "patchbay/events.hpp"

namespace patchbay {

namespace {

// Tells apart what an application's events are likely to be called, at the least cost.
std::uint32_t hash_of(std::string_view event) noexcept {
  const auto byte = [event](std::size_t i) { return static_cast<std::uint8_t>(event[i]); };
  if (event.empty()) return 0;
  return static_cast<std::uint32_t>(event.size()) << 24 | std::uint32_t{byte(0)} << 16 |
         std::uint32_t{byte(event.size() / 2)} << 8 | byte(event.size() - 1);
}

}  // namespace

// --- A handler

struct HandlerPtr::Block {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t name_size = 0;
  EventHandler function;

  // Behind the block.
  [[nodiscard]] char* name() noexcept { return reinterpret_cast<char*>(this + 1); }
};

HandlerPtr::HandlerPtr(std::string_view event, EventHandler function)
    : block_(new (::operator new(sizeof(Block) + event.size())) Block) {
  block_->name_size = static_cast<std::uint32_t>(event.size());
  block_->function = std::move(function);
  std::ranges::copy(event, block_->name());
}

HandlerPtr::HandlerPtr(const HandlerPtr& other) noexcept : block_(other.block_) {
  if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
}

void HandlerPtr::release() noexcept {
  if (block_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // The analyzer cannot follow reference counts; AddressSanitizer can.
  block_->~Block();  // NOLINT(clang-analyzer-cplusplus.NewDelete)
  ::operator delete(block_);
}

std::string_view HandlerPtr::event() const noexcept {
  return {block_->name(), block_->name_size};
}

EventHandler& HandlerPtr::function() const noexcept {
  return block_->function;
}

// --- Those of a socket

ListenerId EventListeners::add(std::string_view event, EventHandler handler, bool once) {
  Entry entry{.handler = HandlerPtr(event, std::move(handler)),
              .once = once,
              .id = ++last_id_ & 0x7fffffffU,
              .hash = hash_of(event)};
  const auto id = static_cast<ListenerId>(entry.id);
  entries_.push_back(std::move(entry));
  return id;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): as in release()

void EventListeners::remove(std::string_view event) {
  const std::uint32_t hash = hash_of(event);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.is_for(event, hash); });
}

void EventListeners::remove(ListenerId id) {
  std::erase_if(entries_,
                [id](const Entry& entry) { return static_cast<ListenerId>(entry.id) == id; });
}

std::size_t EventListeners::count(std::string_view event) const noexcept {
  const std::uint32_t hash = hash_of(event);
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [&](const Entry& entry) { return entry.is_for(event, hash); }));
}

EventListeners::Functions EventListeners::take(std::string_view event) {
  Functions functions;
  bool any_once = false;
  const std::uint32_t hash = hash_of(event);
  for (const Entry& entry : entries_) {
    if (!entry.is_for(event, hash)) continue;
    if (functions.first) {
      functions.more.push_back(entry.handler);
    } else {
      functions.first = entry.handler;
    }
    any_once |= entry.once != 0;
  }
  if (any_once) {
    std::erase_if(entries_,
                  [&](const Entry& entry) { return entry.once != 0 && entry.is_for(event, hash); });
  }
  return functions;
}

// --- Calling them

namespace {

void call_one(HandlerPtr handler, EventCall& call) {
  EventHandler& function = handler.function();
  call.handler = std::move(handler);
  try {
    function(call);
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
