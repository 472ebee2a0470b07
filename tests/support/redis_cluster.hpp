// SPDX-License-Identifier: MIT
//
// Servers of one cluster, each on two threads, and the Redis between them.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "patchbay/redis/redis.hpp"
#include "redis_process.hpp"
#include "sharded_server.hpp"

namespace patchbay::test {

enum class AdapterKind : std::uint8_t { classic, sharded, streams };
inline constexpr AdapterKind kAllKinds[] = {AdapterKind::classic, AdapterKind::sharded,
                                            AdapterKind::streams};

inline const char* name_of(AdapterKind kind) {
  constexpr const char* kNames[] = {"classic", "sharded", "streams"};
  return kNames[static_cast<int>(kind)];
}

// For what happens at some time, on some thread.
inline void eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + ShardedServer::kPatience;
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

// What an operation answers by a callback (std::error_code, T).
template <typename T>
struct Outcome {
  std::error_code error;
  T value;
};
template <typename T, typename Start>
Outcome<T> outcome_of(Start&& start) {
  auto promise = std::make_shared<std::promise<Outcome<T>>>();
  auto future = promise->get_future();
  std::forward<Start>(start)([promise](std::error_code error, T value) {
    promise->set_value({error, std::move(value)});
  });
  REQUIRE(future.wait_for(ShardedServer::kPatience) == std::future_status::ready);
  return future.get();
}

inline std::size_t members_of(Server& io) {
  const auto outcome = outcome_of<std::size_t>(
      [&io](auto done) { io.sockets().adapter().server_count(std::move(done)); });
  return outcome.error ? 0 : outcome.value;
}

class RedisCluster {
 public:
  explicit RedisCluster(AdapterKind kind, bool recovery = false, std::size_t servers = 2,
                        std::vector<std::string> redis_options = {})
      : redis(std::move(redis_options)), kind_(kind), recovery_(recovery) {
    for (std::size_t i = 0; i < servers; ++i) add();
    for (const auto& server : members) {
      eventually([&] { return members_of(server->io) == servers; });
    }
  }

  ShardedServer& add() {
    members.push_back(std::make_unique<ShardedServer>(2, options()));
    members.back()->start();
    return *members.back();
  }
  ServerOptions options() {
    const redis::Options link{.url = redis.url(),
                              .timeout = Millis(500),
                              .retry_base = Millis(10),
                              .retry_limit = Millis(100),
                              .on_link = [this](const redis::LinkEvent& event) {
                                const std::lock_guard lock(mutex_);
                                log_.emplace_back(event.reason);
                              }};
    ServerOptions options;
    if (recovery_) options.connection_state_recovery.emplace();
    if (kind_ == AdapterKind::classic) {
      options.adapter = redis::classic_adapter(link, {.requests_timeout = Millis(300)});
    } else if (kind_ == AdapterKind::sharded) {
      options.adapter = redis::sharded_adapter(link, {.requests_timeout = Millis(300)});
    } else {
      options.adapter = redis::streams_adapter(
          link, {.block_time = Millis(200), .requests_timeout = Millis(300)});
    }
    return options;
  }
  [[nodiscard]] std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  ShardedServer& operator[](std::size_t index) { return *members[index]; }

  RedisProcess redis;

 private:
  AdapterKind kind_;
  bool recovery_;
  std::mutex mutex_;
  std::vector<std::string> log_;  // reasons of links; guarded

 public:
  std::vector<std::unique_ptr<ShardedServer>> members;  // go first: they write the log
};

}  // namespace patchbay::test
