// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "link.hpp"

namespace patchbay::redis {

enum class ChannelKind : std::uint8_t { plain, pattern, sharded };

// Listens to channels, again after each reconnection. Belongs to the thread that runs the
// io_context.
class Subscriber final : public Link::Listener {
 public:
  // The channel, which a pattern does not tell, and what was published. The views live for the
  // call.
  using Handler = std::function<void(std::string_view channel, std::string_view payload)>;

  // `owner` hears of going up and down, and not of messages.
  Subscriber(asio::io_context& io, const Options& options, const Endpoint& endpoint,
             Link::Listener& owner);
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  void start() { link_->start(); }
  void stop() { link_->stop(false); }
  [[nodiscard]] bool up() const noexcept { return link_->up(); }

  // What is subscribed to already gets the new handler. Whoever `owner` stands for can unsubscribe
  // again, but not who comes later.
  void subscribe(ChannelKind kind, std::string channel, const void* owner, Handler handler);
  // Nothing happens when the channel has become somebody else's.
  void unsubscribe(ChannelKind kind, const std::string& channel, const void* owner);

 private:
  struct Channel {
    const void* owner;
    // Shared, because a handler may unsubscribe while it runs.
    std::shared_ptr<const Handler> handler;
  };
  using Channels = std::map<std::string, Channel, std::less<>>;

  void on_up() override;
  void on_down(const std::string& reason) override { owner_->on_down(reason); }
  void on_push(ReplyView reply) override;
  void deliver(ChannelKind kind, std::string_view subscribed, std::string_view channel,
               std::string_view payload);

  Link::Listener* owner_;
  Channels channels_[3];  // by kind
  std::shared_ptr<Link> link_;
};

}  // namespace patchbay::redis
