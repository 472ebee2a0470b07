// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "patchbay/protocol/eio/packet.hpp"

namespace patchbay::eio {

// The packets that one session has yet to send, oldest first. The one place where outgoing bytes
// wait: transports take from its front and hold nothing themselves.
class SendQueue {
 public:
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
  std::vector<EncodedPacket> packets_;
  std::size_t head_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace patchbay::eio
