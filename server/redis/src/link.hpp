// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "connection.hpp"
#include "patchbay/redis/redis.hpp"

namespace patchbay::redis {

// What is kept for a Redis that is away; beyond that it is lost.
inline constexpr std::size_t kMaxWaitingBytes = std::size_t{64} * 1024 * 1024;

// How long the next attempt waits after so many have failed. `jitter`: up to a second, so that not
// everybody comes at once.
[[nodiscard]] Millis retry_delay(const Options& options, unsigned failed, Millis jitter);

// A connection with Redis that comes back when it breaks, and that notices when the other end is
// silent. Belongs to the thread that runs the io_context.
class Link : public std::enable_shared_from_this<Link>, public Connection::Handler {
 public:
  class Listener {
   public:
    virtual void on_up() = 0;
    // It was up, or the first attempt failed: what had been sent may have arrived or not.
    virtual void on_down(const std::string& reason) = 0;
    // What nobody has asked for: messages of channels.
    virtual void on_push(ReplyView /*reply*/) {}

   protected:
    ~Listener() = default;
  };
  // How replies find whoever waits for them: in the order of the commands, or all by on_push(),
  // which is how a connection answers that has subscribed to something.
  enum class Replies : std::uint8_t { in_order, pushed };
  // An empty reply: none has come, and none will.
  using Callback = std::function<void(ReplyView)>;

  Link(asio::io_context& io, const Options& options, Endpoint endpoint, Replies replies,
       Listener& listener);

  void start();
  // Nothing is told any more. `flush`: what has been sent leaves first; blocks up to a second.
  void stop(bool flush);
  [[nodiscard]] bool up() const noexcept { return up_; }
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  // How long a command may take on its own account, beyond Options::timeout.
  void set_blocking_time(Millis time) noexcept { patience_ = options_.timeout + time; }

  // As if the connection had broken.
  void reconnect(const std::string& reason) {
    if (connection_) give_up(reason);
  }

  // One command. When it is down the callback is called at once.
  void send(const std::string& command, Callback callback = {}) {
    send(command, 1, std::move(callback));
  }
  // Several, as one: the callback gets the last reply.
  void send(const std::string& commands, std::size_t replies, Callback callback);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    std::size_t replies;
    Callback callback;
  };

  // Connection::Handler
  void on_open() override;
  void on_reply(ReplyView reply) override;
  void on_closed(std::string reason) override;

  void connect();
  void watch();
  void on_watch();
  void give_up(const std::string& reason);
  [[nodiscard]] Millis next_delay();

  asio::io_context* io_;
  Options options_;
  Endpoint endpoint_;
  Replies replies_;
  Listener* listener_;  // null after stop()
  Millis patience_;
  std::shared_ptr<Connection> connection_;
  bool up_ = false;
  bool told_down_ = false;
  unsigned attempts_ = 0;  // failed ones, since it was up
  std::deque<Waiting> waiting_;
  bool ping_open_ = false;       // with pushed replies: one is to be answered
  bool overfull_ = false;        // more waits than may: it will be given up
  Clock::time_point last_sign_;  // of life
  // Watches, or waits for the next attempt. Nothing after stop(): the io_context may go then.
  std::optional<asio::steady_timer> timer_;
  std::minstd_rand random_;
};

}  // namespace patchbay::redis
