// SPDX-License-Identifier: MIT
#include "patchbay/socket_operator.hpp"

#include "patchbay/socket.hpp"

namespace patchbay {

SocketOperator SocketOperator::timeout(Millis limit) const {
  SocketOperator next = *this;
  next.flags_.timeout = limit;
  return next;
}

SocketOperator SocketOperator::volatile_() const {
  SocketOperator next = *this;
  next.flags_.volatile_ = true;
  return next;
}

SocketOperator SocketOperator::compress(bool compress) const {
  SocketOperator next = *this;
  next.flags_.compress = compress;
  return next;
}

void SocketOperator::emit_values(std::string_view event, std::span<const Value> args) const {
  socket_->emit_values(event, args, flags_);
}

void SocketOperator::emit_values_with_ack(std::string_view event, std::span<const Value> args,
                                          detail::AckCallback callback) const {
  socket_->emit_values_with_ack(event, args, flags_, std::move(callback));
}

BroadcastOperator SocketOperator::broadcast() const {
  return socket_->broadcast(flags_);
}

}  // namespace patchbay
