// SPDX-License-Identifier: MIT
#include "patchbay/broadcast.hpp"

#include <utility>

#include "namespace_shard.hpp"
#include "outgoing.hpp"
#include "reserved.hpp"

namespace patchbay {

BroadcastOperator::BroadcastOperator(Namespace& nsp, BroadcastTarget target)
    : nsp_(&nsp), target_(std::move(target)) {}

BroadcastOperator BroadcastOperator::to(std::string_view room) const {
  BroadcastOperator next = *this;
  next.target_.rooms.emplace_back(room);
  return next;
}

BroadcastOperator BroadcastOperator::to(std::span<const std::string> rooms) const {
  BroadcastOperator next = *this;
  next.target_.rooms.insert(next.target_.rooms.end(), rooms.begin(), rooms.end());
  return next;
}

BroadcastOperator BroadcastOperator::to(std::initializer_list<std::string_view> rooms) const {
  BroadcastOperator next = *this;
  next.target_.rooms.insert(next.target_.rooms.end(), rooms.begin(), rooms.end());
  return next;
}

BroadcastOperator BroadcastOperator::except(std::string_view room) const {
  BroadcastOperator next = *this;
  next.target_.except.emplace_back(room);
  return next;
}

BroadcastOperator BroadcastOperator::except(std::span<const std::string> rooms) const {
  BroadcastOperator next = *this;
  next.target_.except.insert(next.target_.except.end(), rooms.begin(), rooms.end());
  return next;
}

void BroadcastOperator::emit_values(std::string_view event, std::span<const Value> args) const {
  require_unreserved(event);
  const Outgoing packet(sio::encode_event(nsp_->name(), event, args, std::nullopt));
  for (const auto& shard : nsp_->shards_) {
    if (shard->loop().in_loop_thread()) {
      shard->broadcast(target_, packet);
    } else {
      shard->loop().post(
          [&shard = *shard, target = target_, packet] { shard.broadcast(target, packet); });
    }
  }
}

}  // namespace patchbay
