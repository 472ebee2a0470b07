// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "patchbay/protocol/eio/packet.hpp"

namespace patchbay::eio {

// The bytes that wait in several queues together. One thread changes it; any may look.
class SendBudget {
 public:
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }
  void add(std::size_t bytes) noexcept { set(this->bytes() + bytes); }
  void subtract(std::size_t bytes) noexcept { set(this->bytes() - bytes); }

 private:
  // Cheaper than an atomic addition, which is not needed with one writer.
  void set(std::size_t bytes) noexcept { bytes_.store(bytes, std::memory_order_relaxed); }

  std::atomic<std::size_t> bytes_{0};
};

// The packets that one session has yet to send, oldest first. The one place where outgoing bytes
// wait: transports take from its front and hold nothing themselves.
class SendQueue {
 public:
  // With a budget, which outlives it or what is in it, its bytes count there, too.
  explicit SendQueue(SendBudget* budget = nullptr) noexcept : budget_(budget) {}
  ~SendQueue() { clear(); }
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  [[nodiscard]] bool empty() const noexcept { return head_ == packets_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return packets_.size() - head_; }
  // Sum of the frame sizes.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  void push(EncodedPacket packet);
  // Valid until the queue changes.
  [[nodiscard]] std::span<const EncodedPacket> packets() const noexcept;
  // Precondition: count <= size().
  void pop(std::size_t count) noexcept;
  // Also gives the memory back.
  void clear() noexcept;

 private:
  SendBudget* budget_;
  std::vector<EncodedPacket> packets_;
  std::size_t head_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace patchbay::eio
