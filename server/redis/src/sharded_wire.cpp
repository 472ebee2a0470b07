// SPDX-License-Identifier: MIT
#include "sharded_wire.hpp"

#include <utility>

#include "patchbay/protocol/cluster/cluster_message.hpp"
#include "random_hex.hpp"
#include "tell.hpp"

namespace patchbay::redis {

namespace {

// By its length, which is how Node.js servers tell when they publish.
bool looks_like_socket_id(std::string_view room) noexcept {
  constexpr std::size_t kIdLength = 20;
  return room.size() == kIdLength;
}

}  // namespace

ShardedWire::ShardedWire(std::shared_ptr<Hub> hub, std::string nsp, const ShardedOptions& options)
    : hub_(std::move(hub)),
      nsp_(std::move(nsp)),
      uid_(random_hex(16)),
      mode_(options.subscription_mode),
      channel_(options.channel_prefix + '#' + nsp_ + '#') {}

void ShardedWire::open(std::weak_ptr<Listener> listener) {
  listener_ = std::move(listener);
  subscribe(channel_);
  subscribe(channel_ + uid_ + '#');
}

void ShardedWire::subscribe(const std::string& channel) {
  hub_->subscriber().subscribe(
      ChannelKind::sharded, channel, this,
      [listener = listener_](std::string_view /*channel*/, std::string_view payload) {
        tell(listener, cluster::decode(payload));
      });
}

// Those of rooms have gone with their sockets.
void ShardedWire::close() {
  hub_->subscriber().unsubscribe(ChannelKind::sharded, channel_, this);
  hub_->subscriber().unsubscribe(ChannelKind::sharded, channel_ + uid_ + '#', this);
}

void ShardedWire::publish(const std::string& channel, const std::string& message) {
  hub_->send(command("SPUBLISH", channel, message));
}

// Whoever publishes cannot know that a name of 20 characters is no socket's id, and sends it to
// all.
bool ShardedWire::has_channel(std::string_view room) const noexcept {
  return mode_ == SubscriptionMode::dynamic_private ||
         (mode_ == SubscriptionMode::dynamic && !looks_like_socket_id(room));
}

std::string ShardedWire::room_channel(std::string_view room) const {
  return channel_ + std::string(room) + '#';
}

// Broadcasts that want acknowledgements have to reach those whom count_members() counts.
void ShardedWire::broadcast(const cluster::EventView& event, const BroadcastOptions& options,
                            std::string_view request_id) {
  const auto& rooms = options.target.rooms;
  const bool to_one_room = request_id.empty() && rooms.size() == 1 && has_channel(rooms.front());
  publish(to_one_room ? room_channel(rooms.front()) : channel_,
          cluster::encode_broadcast({.uid = uid_, .nsp = nsp_}, event, options, request_id,
                                    cluster::Form::json_if_possible));
}

void ShardedWire::say(const cluster::Content& content) {
  publish(channel_,
          cluster::encode({.uid = uid_, .nsp = nsp_}, content, cluster::Form::json_if_possible));
}

void ShardedWire::answer(const std::string& uid, const cluster::Content& content) {
  publish(channel_ + uid + '#',
          cluster::encode({.uid = uid_, .nsp = nsp_}, content, cluster::Form::json_if_possible));
}

void ShardedWire::count_members(std::function<void(std::optional<std::size_t>)> done) {
  hub_->count_subscribers("SHARDNUMSUB", channel_, std::move(done));
}

void ShardedWire::on_room_event(const RoomEvent& event) {
  using Kind = RoomEvent::Kind;
  if (event.kind != Kind::create && event.kind != Kind::remove) return;
  if (!has_channel(event.room) || hub_->stopped()) return;
  hub_->loop().post([self = shared_from_this(), channel = room_channel(event.room),
                     created = event.kind == Kind::create] {
    if (self->hub_->stopped()) return;
    if (created) {
      self->subscribe(channel);
    } else {
      self->hub_->subscriber().unsubscribe(ChannelKind::sharded, channel, self.get());
    }
  });
}

}  // namespace patchbay::redis
