// SPDX-License-Identifier: MIT
//
// One thread's share of the engine: event loop, timers, sessions and the buffers they use in turn.
// Everything in it belongs to that thread, but for what Loop says may be called from anywhere.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "crowd.hpp"
#include "patchbay/engineio/id.hpp"
#include "patchbay/engineio/loop.hpp"
#include "patchbay/protocol/eio/send_queue.hpp"
#include "poller.hpp"
#include "timer_wheel.hpp"
#include "ws_deflate.hpp"

namespace patchbay::engineio {

class LiveSession;
class Stream;

class Shard final : public Loop, private Poller::TurnListener {
 public:
  // With an io_context of somebody else's, that one is used and never stopped.
  explicit Shard(std::size_t index, asio::io_context* given = nullptr);
  ~Shard() override;

  // Loop
  [[nodiscard]] std::size_t index() const noexcept override { return index_; }
  [[nodiscard]] bool in_loop_thread() const noexcept override;
  void post(std::function<void()> function) override;
  [[nodiscard]] TimePoint now() const noexcept override;
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> callback) override;
  [[nodiscard]] asio::io_context& io_context() noexcept override { return io_context_; }

  // Runs the loop on this thread until stop(). Precondition: it is the shard's own, and
  // begin_running() was called: from then on no other thread is the loop's. Afterwards the thread
  // that calls end_running() is.
  void run();
  void begin_running() noexcept;
  void end_running() noexcept;
  // Lets run() return; with a given io_context, leaves nothing behind that keeps it running.
  void stop();
  // The engine is being drained: no new sessions.
  [[nodiscard]] bool draining() const noexcept { return draining_; }
  void set_draining() noexcept { draining_ = true; }
  // The engine is stopping: what comes from other shards now is not taken in.
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  void set_stopping() noexcept { stopping_ = true; }
  // Nobody will run the loop any more: whoever is in charge of what is left may do so on this
  // thread.
  void detach() noexcept {
    detached_ = true;
    alive_.reset();
  }
  // With detach() before: lets go of what has been posted, and of an io_context of its own, and
  // takes no more. What is destroyed by that may still refer to this shard, and to others.
  void discard() noexcept;
  // Expires with detach(): for what may come later than that, on the loop's thread.
  [[nodiscard]] std::weak_ptr<const bool> lifetime() const noexcept { return alive_; }
  [[nodiscard]] bool owns_loop() const noexcept { return own_io_context_ != nullptr; }

  // Wakes the node at the deadline, instead of when it was to be woken before.
  void schedule(TimerWheel::Node& node, TimePoint deadline);

  // Has the session flushed at the end of this turn of the loop: after all that is ready now has
  // been handled, so that packets for one session leave together.
  void flush_later(std::shared_ptr<LiveSession> session);

  // Flushes the session now if it is the only one that has anything to send so far: answers to its
  // own client leave while the connection is still at hand. What goes to others waits for more.
  void flush_if_alone(LiveSession& session);

  [[nodiscard]] Poller& poller() noexcept { return *poller_; }

  // A buffer to read into. Whoever calls owns its content until control returns to the loop.
  [[nodiscard]] std::span<char> scratch() noexcept { return scratch_; }
  // Likewise, for what is about to be encrypted.
  [[nodiscard]] std::span<char> tls_scratch();
  [[nodiscard]] ws::DeflatePool& deflate_pool() noexcept { return deflate_pool_; }
  // What waits to be sent by this shard. Any thread may look at it.
  [[nodiscard]] eio::SendBudget& send_budget() noexcept { return send_budget_; }
  [[nodiscard]] const eio::SendBudget& send_budget() const noexcept { return send_budget_; }
  [[nodiscard]] IdGenerator& ids() noexcept { return ids_; }
  // The time in the form of the Date header.
  [[nodiscard]] std::string_view http_date();

  // Sessions by id; the key is the session's own string.
  using Sessions = std::unordered_map<std::string_view, std::shared_ptr<LiveSession>>;
  [[nodiscard]] Sessions& sessions() noexcept { return sessions_; }
  [[nodiscard]] std::size_t session_count() const noexcept { return session_count_; }
  void add_session(std::shared_ptr<LiveSession> session);
  void remove_session(const LiveSession& session);
  [[nodiscard]] std::shared_ptr<LiveSession> find_session(std::string_view id) const;

  // Every open connection registers itself here, so that stopping can end it.
  void add_stream(Stream& stream);
  void remove_stream(Stream& stream);
  [[nodiscard]] std::vector<std::shared_ptr<Stream>> streams() const;
  [[nodiscard]] bool has_streams() const noexcept { return !streams_.empty(); }
  // Any thread.
  [[nodiscard]] std::size_t stream_count() const noexcept { return stream_count_; }

 private:
  class WheelTimer;

  // Poller::TurnListener
  void on_turn_begin() override;
  void on_turn_end() override;

  void flush_sessions();
  void give_memory_back();
  void arm_wheel();
  void on_wheel();

  std::size_t index_;
  // Whose the loop is: before it runs, the thread's that made it.
  std::atomic<std::thread::id> runner_{std::this_thread::get_id()};
  bool draining_ = false;
  bool stopping_ = false;
  bool discarded_ = false;
  std::atomic<bool> detached_{false};
  // Functions that wait in a given io_context may outlive the shard; they look at this first.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  TimerWheel wheel_;
  std::vector<std::shared_ptr<LiveSession>> dirty_;
  bool flush_expected_ = false;  // flush_sessions() will be called without more ado
  // During a turn of the poller: when it began. What happens in one turn happens at one time.
  std::optional<TimePoint> turn_time_;
  std::vector<char> scratch_;
  std::vector<char> tls_scratch_;  // empty before it is needed
  ws::DeflatePool deflate_pool_;
  eio::SendBudget send_budget_;
  IdGenerator ids_;
  Sessions sessions_;
  std::atomic<std::size_t> session_count_{0};
  std::vector<Stream*> streams_;
  std::atomic<std::size_t> stream_count_{0};
  Crowd crowd_;                       // of streams
  std::unique_ptr<Timer> ebb_timer_;  // runs from when a crowd has left
  std::string http_date_;
  std::int64_t http_date_second_ = -1;
  std::optional<TimePoint> wheel_armed_for_;
  // Below the rest: operations that are still waiting when it goes refer to streams and timers.
  std::unique_ptr<asio::io_context> own_io_context_;
  asio::io_context& io_context_;
  std::optional<asio::steady_timer> wheel_timer_;
  std::optional<Poller> poller_;
};

}  // namespace patchbay::engineio
