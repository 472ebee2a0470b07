// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "link.hpp"
#include "patchbay/engineio/loop.hpp"
#include "patchbay/redis/redis.hpp"
#include "subscriber.hpp"

namespace patchbay {
class Server;
}

namespace patchbay::redis {

// What all namespaces of one server share: the connections with Redis. Lives on the server's first
// loop; what may be called from elsewhere says so.
class Hub : public std::enable_shared_from_this<Hub>, public Link::Listener {
 public:
  Hub(engineio::Loop& loop, const Options& options, const Endpoint& endpoint);
  virtual ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Any thread; what is called more than once happens once.
  void start();
  // [loop, or nobody runs it any more] What has been sent leaves first.
  virtual void stop();
  // Any thread. The loop may be gone then.
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  [[nodiscard]] engineio::Loop& loop() const noexcept { return *loop_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] Subscriber& subscriber() noexcept { return subscriber_; }
  [[nodiscard]] Link& commands() noexcept { return *commands_; }
  // All connections are there.
  [[nodiscard]] bool up() const noexcept { return was_up_; }

  // Any thread; in the order of the calls. While Redis is away 64 MiB wait for it, what is more is
  // lost, as may be what was on its way when the connection broke.
  void send(std::string bytes);
  // The number of subscribers of a channel: NUMSUB or SHARDNUMSUB. Nothing when Redis is away.
  void count_subscribers(std::string_view verb, const std::string& channel,
                         std::function<void(std::optional<std::size_t>)> done);

  // Link::Listener, of every link there is
  void on_up() override;
  void on_down(const std::string& reason) override;

 protected:
  // When all connections are there, and when the first is not any more.
  virtual void on_all_up() {}
  virtual void on_away() {}
  [[nodiscard]] virtual bool all_up() const;
  virtual void start_links();
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  void send_waiting();
  void report(LinkEvent::Kind kind, std::string_view reason) const;

  engineio::Loop* loop_;
  Options options_;
  Endpoint endpoint_;
  std::shared_ptr<Link> commands_;
  Subscriber subscriber_;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool started_ = false;
  std::atomic<bool> stopped_{false};
  bool was_up_ = false;
  bool told_down_ = false;
};

// Finds the hub of a server, which its first namespace makes.
template <typename H>
class HubDirectory {
 public:
  using Make = std::function<std::shared_ptr<H>()>;
  std::shared_ptr<H> find(const Server& server, const Make& make) {
    const std::lock_guard lock(mutex_);
    auto& place = hubs_[&server];
    auto hub = place.lock();
    if (!hub || hub->stopped()) place = hub = make();
    return hub;
  }

 private:
  std::mutex mutex_;
  std::map<const Server*, std::weak_ptr<H>> hubs_;
};

}  // namespace patchbay::redis
