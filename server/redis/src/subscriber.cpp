// SPDX-License-Identifier: MIT
#include "subscriber.hpp"

#include <cstdio>
#include <utility>
#include <vector>

namespace patchbay::redis {

namespace {

// Channels of one command, when there are many.
constexpr std::size_t kBatch = 500;

constexpr ChannelKind kKinds[] = {ChannelKind::plain, ChannelKind::pattern, ChannelKind::sharded};

constexpr std::size_t index_of(ChannelKind kind) noexcept {
  return static_cast<std::size_t>(kind);
}

constexpr std::string_view verb(ChannelKind kind, bool subscribe) noexcept {
  switch (kind) {
    case ChannelKind::plain:
      return subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE";
    case ChannelKind::pattern:
      return subscribe ? "PSUBSCRIBE" : "PUNSUBSCRIBE";
    case ChannelKind::sharded:
      return subscribe ? "SSUBSCRIBE" : "SUNSUBSCRIBE";
  }
  return {};
}

}  // namespace

Subscriber::Subscriber(asio::io_context& io, const Options& options, const Endpoint& endpoint,
                       Link::Listener& owner)
    : owner_(&owner),
      link_(std::make_shared<Link>(io, options, endpoint, Link::Replies::pushed, *this)) {}

void Subscriber::subscribe(ChannelKind kind, std::string channel, const void* owner,
                           Handler handler) {
  if (link_->up()) link_->send(command(verb(kind, true), channel));
  channels_[index_of(kind)].insert_or_assign(
      std::move(channel),
      Channel{.owner = owner, .handler = std::make_shared<const Handler>(std::move(handler))});
}

void Subscriber::unsubscribe(ChannelKind kind, const std::string& channel, const void* owner) {
  Channels& channels = channels_[index_of(kind)];
  const auto found = channels.find(channel);
  if (found == channels.end() || found->second.owner != owner) return;
  channels.erase(found);
  link_->send(command(verb(kind, false), channel));
}

void Subscriber::on_up() {
  for (const ChannelKind kind : kKinds) {
    std::vector<std::string_view> parts{verb(kind, true)};
    const auto send = [&] {
      if (parts.size() > 1) link_->send(command(std::span<const std::string_view>(parts)));
      parts.resize(1);
    };
    for (const auto& [channel, subscribed] : channels_[index_of(kind)]) {
      parts.push_back(channel);
      if (parts.size() > kBatch) send();
    }
    send();
  }
  owner_->on_up();
}

void Subscriber::on_push(ReplyView reply) {
  if (reply.is_error()) {
    // Nobody waits for it: what was asked for will not work, and somebody has to know why.
    std::fprintf(stderr, "patchbay: Redis refuses to subscribe: %.*s\n",
                 static_cast<int>(reply.text().size()), reply.text().data());
    return;
  }
  const std::string_view what = reply[0].text();
  if (what == "message") {
    deliver(ChannelKind::plain, reply[1].text(), reply[1].text(), reply[2].text());
  } else if (what == "pmessage") {
    deliver(ChannelKind::pattern, reply[1].text(), reply[2].text(), reply[3].text());
  } else if (what == "smessage") {
    deliver(ChannelKind::sharded, reply[1].text(), reply[1].text(), reply[2].text());
  }
}

void Subscriber::deliver(ChannelKind kind, std::string_view subscribed, std::string_view channel,
                         std::string_view payload) {
  const Channels& channels = channels_[index_of(kind)];
  const auto found = channels.find(subscribed);
  if (found == channels.end()) return;
  const auto handler = found->second.handler;
  (*handler)(channel, payload);
}

}  // namespace patchbay::redis
