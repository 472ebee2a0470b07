// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "descriptor.hpp"
#include "engine_core.hpp"
#include "shard_directory.hpp"

namespace patchbay::engineio {

class Listener;
class Redirector;
class Shard;

// The shards of an engine, and what concerns them all: the ports, running, and stopping. The first
// shard accepts connections, and gives each to the shard that has the fewest.
class ShardGroup {
 public:
  explicit ShardGroup(const EngineCore& core);
  // Nobody runs it any more.
  ~ShardGroup();
  ShardGroup(const ShardGroup&) = delete;
  ShardGroup& operator=(const ShardGroup&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  [[nodiscard]] Shard& shard(std::size_t index) noexcept;
  [[nodiscard]] std::size_t session_count() const noexcept;
  [[nodiscard]] std::size_t connection_count() const noexcept;
  [[nodiscard]] std::size_t buffered_bytes() const noexcept;

  // As Engine has them.
  std::uint16_t listen(std::uint16_t port, const std::string& host);
  std::uint16_t listen_redirect(std::uint16_t port, const std::string& host,
                                std::uint16_t https_port);
  void run();
  void stop(std::function<void()> done);
  void drain(Millis spread, Millis deadline, std::function<void()> done);
  void detach() noexcept;

 private:
  struct Member;

  // Somebody who has connected.
  struct Arrival {
    Descriptor socket;
    std::string remote_address;
    std::unique_ptr<AddressCounter::Claim> place;
    Errc refused_for = Errc::none;
  };

  std::uint16_t add_listener(std::uint16_t port, const std::string& host,
                             std::function<void(Descriptor, std::string)> on_accept);
  // On the first shard's loop.
  void redirect(Redirector& redirector, Descriptor socket, std::string remote_address);
  void distribute(Descriptor socket, std::string remote_address);
  [[nodiscard]] Errc find_limit(Arrival& arrival) const;
  [[nodiscard]] Member& next_member() noexcept;
  void stop_listening();
  void on_member_drained();
  void begin_stopping();
  void on_member_stopped();
  void call_on_stopped();
  // On the member's loop.
  void serve(Member& member, Arrival arrival);
  void begin_stopping(Member& member);
  void finish_stopping(Member& member);

  void run_member(Member& member);
  void fail(std::exception_ptr exception);

  const EngineCore* core_;
  ShardDirectory directory_;
  std::vector<std::unique_ptr<Member>> members_;
  std::size_t next_ = 0;  // where to begin looking for a shard with few connections
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Redirector>> redirectors_;  // set up before run()
  std::vector<std::function<void()>> on_stopped_;
  std::size_t full_members_ = 0;     // those that have not come to an end since drain()
  std::size_t running_members_ = 0;  // those that have not come to an end since stop()
  bool draining_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;  // what ended run() before its time
};

}  // namespace patchbay::engineio
