// SPDX-License-Identifier: MIT
#include "streams_wire.hpp"

#include <utility>

#include "patchbay/protocol/cluster/cluster_message.hpp"
#include "random_hex.hpp"
#include "tell.hpp"

namespace patchbay::redis {

StreamsWire::StreamsWire(std::shared_ptr<StreamHub> hub, std::string nsp)
    : hub_(std::move(hub)),
      nsp_(std::move(nsp)),
      uid_(random_hex(16)),
      stream_(
          cluster::stream_name(hub_->streams().stream_name, nsp_, hub_->streams().stream_count)),
      channel_(hub_->streams().channel_prefix + '#' + nsp_ + '#') {}

ChannelKind StreamsWire::kind() const noexcept {
  return hub_->streams().use_sharded_pub_sub ? ChannelKind::sharded : ChannelKind::plain;
}

void StreamsWire::open(std::weak_ptr<Listener> listener) {
  hub_->listen(nsp_, uid_, listener);
  for (const std::string& channel : {channel_, channel_ + uid_ + '#'}) {
    hub_->subscriber().subscribe(
        kind(), channel, this, [listener](std::string_view /*channel*/, std::string_view payload) {
          tell(listener, cluster::decode(payload));
        });
  }
}

void StreamsWire::close() {
  hub_->forget(nsp_, uid_);
  hub_->subscriber().unsubscribe(kind(), channel_, this);
  hub_->subscriber().unsubscribe(kind(), channel_ + uid_ + '#', this);
}

void StreamsWire::publish(const std::string& channel, const std::string& message) {
  hub_->send(
      command(hub_->streams().use_sharded_pub_sub ? "SPUBLISH" : "PUBLISH", channel, message));
}

void StreamsWire::add(cluster::StreamEntry entry) {
  Outbox::Letter letter{.stream = stream_,
                        .entry = std::move(entry),
                        .max_len = hub_->streams().max_len,
                        .deliver = {}};
  letter.delivered = true;
  hub_->add(std::make_shared<Outbox::Letter>(std::move(letter)));
}

void StreamsWire::broadcast(const cluster::EventView& event, const BroadcastOptions& options,
                            std::string_view request_id) {
  const cluster::Sender self{.uid = uid_, .nsp = nsp_};
  if (request_id.empty()) {
    add(cluster::encode_broadcast_entry(self, event, options, hub_->streams().only_plaintext));
  } else {
    publish(channel_,
            cluster::encode_broadcast(self, event, options, request_id, cluster::Form::msgpack));
  }
}

void StreamsWire::broadcast_in_order(const cluster::EventView& event,
                                     const BroadcastOptions& options,
                                     std::function<void(std::string_view, bool)> deliver) {
  hub_->add(std::make_shared<Outbox::Letter>(Outbox::Letter{
      .stream = stream_,
      .entry = cluster::encode_broadcast_entry({.uid = uid_, .nsp = nsp_}, event, options,
                                               hub_->streams().only_plaintext),
      .max_len = hub_->streams().max_len,
      .deliver = std::move(deliver)}));
}

// Questions are of no use to whoever hears them later.
void StreamsWire::say(const cluster::Content& content) {
  const cluster::Sender self{.uid = uid_, .nsp = nsp_};
  if (std::holds_alternative<cluster::FetchSockets>(content) ||
      std::holds_alternative<cluster::ServerEvent>(content)) {
    publish(channel_, cluster::encode(self, content, cluster::Form::msgpack));
  } else {
    add(cluster::encode_entry(self, content, hub_->streams().only_plaintext));
  }
}

void StreamsWire::answer(const std::string& uid, const cluster::Content& content) {
  publish(channel_ + uid + '#',
          cluster::encode({.uid = uid_, .nsp = nsp_}, content, cluster::Form::msgpack));
}

void StreamsWire::count_members(std::function<void(std::optional<std::size_t>)> done) {
  hub_->count_subscribers(hub_->streams().use_sharded_pub_sub ? "SHARDNUMSUB" : "NUMSUB", channel_,
                          std::move(done));
}

}  // namespace patchbay::redis
