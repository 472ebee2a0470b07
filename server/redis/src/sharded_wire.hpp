// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "hub.hpp"
#include "wire.hpp"

namespace patchbay::redis {

// Talks as @socket.io/redis-adapter's createShardedAdapter() does: by sharded channels of Redis 7,
// where rooms can have channels of their own, to which only servers with such a room listen.
class ShardedWire final : public Wire, public std::enable_shared_from_this<ShardedWire> {
 public:
  ShardedWire(std::shared_ptr<Hub> hub, std::string nsp, const ShardedOptions& options);

  void open(std::weak_ptr<Listener> listener) override;
  void close() override;
  [[nodiscard]] const std::string& uid() const noexcept override { return uid_; }
  void broadcast(const cluster::EventView& event, const BroadcastOptions& options,
                 std::string_view request_id) override;
  void say(const cluster::Content& content) override;
  void answer(const std::string& uid, const cluster::Content& content) override;
  void count_members(std::function<void(std::optional<std::size_t>)> done) override;
  void on_room_event(const RoomEvent& event) override;

 private:
  void publish(const std::string& channel, const std::string& message);
  [[nodiscard]] bool has_channel(std::string_view room) const noexcept;
  [[nodiscard]] std::string room_channel(std::string_view room) const;
  void subscribe(const std::string& channel);

  std::shared_ptr<Hub> hub_;
  std::string nsp_;
  std::string uid_;
  SubscriptionMode mode_;
  std::string channel_;
  std::weak_ptr<Listener> listener_;
};

}  // namespace patchbay::redis
