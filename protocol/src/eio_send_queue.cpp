// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/send_queue.hpp"

#include <utility>

namespace patchbay::eio {

namespace {
// Up to this many handles are kept allocated when the queue runs empty; after a larger burst the
// memory goes back.
constexpr std::size_t kKeptCapacity = 8;
}  // namespace

void SendQueue::push(EncodedPacket packet) {
  // Reuse the room of what was sent before growing: a queue that never runs quite empty must not
  // creep through memory.
  if (head_ > 0 && packets_.size() == packets_.capacity() && head_ >= packets_.size() / 2) {
    packets_.erase(packets_.begin(), packets_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  const std::size_t bytes = packet.frame().size();
  packets_.push_back(std::move(packet));
  bytes_ += bytes;
  if (budget_) budget_->add(bytes);
}

std::span<const EncodedPacket> SendQueue::packets() const noexcept {
  return std::span(packets_).subspan(head_);
}

void SendQueue::pop(std::size_t count) noexcept {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    EncodedPacket& packet = packets_[head_++];
    bytes += packet.frame().size();
    packet = {};
  }
  bytes_ -= bytes;
  if (budget_) budget_->subtract(bytes);
  if (!empty()) return;
  if (packets_.capacity() > kKeptCapacity) {
    clear();
  } else {
    packets_.clear();
    head_ = 0;
  }
}

void SendQueue::clear() noexcept {
  std::vector<EncodedPacket>().swap(packets_);
  head_ = 0;
  // Nobody looks at the budget for nothing: a queue that is empty may outlive it.
  if (budget_ && bytes_ > 0) budget_->subtract(bytes_);
  bytes_ = 0;
}

}  // namespace patchbay::eio
