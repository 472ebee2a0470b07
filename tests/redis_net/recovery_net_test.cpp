// SPDX-License-Identifier: MIT
//
// Clients that come back to another server, over streams.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../support/redis_cluster.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// A client that comes and goes, and remembers what it has had.
struct Wanderer {
  explicit Wanderer(ShardedServer& server) : client(server.connect()) {
    pid = client->pid;
    sid = client->sid;
  }
  // Reads until an event with this number has come.
  void read_until(std::int64_t number) {
    while (seen.empty() || seen.back() != number) take(client->next());
  }
  void take(const Array& event) {
    REQUIRE(event.size() == 3);
    seen.push_back(event[1].as_integer());
    offset = event.back().as_string();
  }
  // True when the server has recognized it.
  bool move_to(ShardedServer& server) {
    client = std::make_unique<ShardClient>(server.port);
    client->join({}, to_json(Object{{"pid", pid}, {"offset", offset}}));
    const bool recovered = client->pid == pid;
    pid = client->pid;
    return recovered;
  }
  void leave(ShardedServer& server) {
    const std::string id = client->sid;
    client.reset();
    server.wait_for_end(id);
  }

  std::unique_ptr<ShardClient> client;
  std::string pid;
  std::string sid;
  std::string offset;
  std::vector<std::int64_t> seen;
};

}  // namespace

TEST_CASE("redis: a client comes back to another server, and has missed nothing") {
  RedisCluster cluster(AdapterKind::streams, true);
  Wanderer wanderer(cluster[0]);
  cluster[0].socket(wanderer.sid)->join("red");
  cluster[0].settle();
  cluster[0].io.emit("n", 1);
  wanderer.read_until(1);
  wanderer.leave(cluster[0]);

  cluster[0].io.emit("n", 2);
  cluster[1].io.to("red").emit("n", 3);
  cluster[1].io.to("blue").emit("n", 4);
  cluster[1].io.except(wanderer.sid).emit("n", 5);
  cluster[0].io.volatile_().emit("n", 6);
  cluster[1].io.to(wanderer.sid).emit("n", 7);
  // All of it is in the stream once a last event of each server is.
  const auto witness = cluster[1].connect();
  cluster[0].io.to(witness->sid).emit("n", 100);
  cluster[1].io.emit("n", 8);
  for (std::set<std::int64_t> last; !last.contains(100) || !last.contains(8);) {
    last.insert(witness->next()[1].as_integer());
  }

  REQUIRE(wanderer.move_to(cluster[1]));
  CHECK(wanderer.client->sid == wanderer.sid);
  CHECK(cluster[1].socket(wanderer.sid)->recovered());
  while (wanderer.seen.size() < 5) wanderer.take(wanderer.client->next());
  // What different servers emit has the order in which it comes to Redis.
  std::ranges::sort(wanderer.seen);
  CHECK(wanderer.seen == std::vector<std::int64_t>{1, 2, 3, 7, 8});
  // The rooms are those it had.
  cluster[0].io.to("red").emit("n", 9);
  wanderer.read_until(9);
  // Once only: whoever knows the secret, too.
  wanderer.leave(cluster[1]);
  (void)members_of(cluster[1].io);
  REQUIRE(wanderer.move_to(cluster[0]));
  const auto first = std::move(wanderer.client);
  CHECK_FALSE(wanderer.move_to(cluster[1]));
}

TEST_CASE("redis: without streams a client comes back to its own server, and has missed nothing") {
  for (const AdapterKind kind : {AdapterKind::classic, AdapterKind::sharded}) {
    CAPTURE(name_of(kind));
    RedisCluster cluster(kind, true);
    Wanderer wanderer(cluster[0]);
    cluster[1].io.emit("n", 1);
    wanderer.read_until(1);
    wanderer.leave(cluster[0]);
    const auto witness = cluster[0].connect();
    cluster[0].io.emit("n", 2);
    CHECK(witness->next()[1] == Value(2));
    cluster[1].io.emit("n", 3);
    CHECK(witness->next()[1] == Value(3));
    REQUIRE(wanderer.move_to(cluster[0]));
    wanderer.read_until(3);
    CHECK(wanderer.seen == std::vector<std::int64_t>{1, 2, 3});
    wanderer.leave(cluster[0]);
    CHECK_FALSE(wanderer.move_to(cluster[1]));
  }
}

TEST_CASE("redis: clients that wander while everybody emits get each event once, in one order") {
  RedisCluster cluster(AdapterKind::streams, true);
  constexpr int kRounds = 12;
  const auto witness = cluster[0].connect();
  Wanderer wanderer(cluster[0]);
  cluster[0].io.emit("n", 0);
  wanderer.read_until(0);

  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> last = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      while (!stop) {
        cluster[i % 2].io.emit("n", ++last);
        std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    ShardedServer& from = cluster[static_cast<std::size_t>(round) % 2];
    ShardedServer& to = cluster[static_cast<std::size_t>(round + 1) % 2];
    for (int i = 0; i < 20; ++i) wanderer.take(wanderer.client->next());
    wanderer.leave(from);
    // The session has to be with Redis before the client asks for it.
    (void)members_of(from.io);
    const bool recovered = wanderer.move_to(to);
    CHECK(recovered);
    if (!recovered) break;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  cluster[0].io.emit("n", -1);
  std::vector<std::int64_t> all;
  while (all.empty() || all.back() != -1) all.push_back(witness->next()[1].as_integer());
  wanderer.read_until(-1);
  CHECK(all.size() == static_cast<std::size_t>(last) + 2);
  CHECK(wanderer.seen == all);
}

TEST_CASE("redis: more was missed than this server remembers, and it is read from the stream") {
  RedisCluster cluster(AdapterKind::streams, true);
  Wanderer wanderer(cluster[0]);
  cluster[0].io.emit("n", 0);
  wanderer.read_until(0);
  wanderer.leave(cluster[0]);
  constexpr int kMissed = 1'300;
  const auto witness = cluster[0].connect();
  for (int i = 1; i <= kMissed; ++i) cluster[0].io.emit("n", i);
  while (witness->next()[1] != Value(kMissed)) continue;
  // Knows nothing of all that.
  ShardedServer& late = cluster.add();
  eventually([&] { return members_of(late.io) == 3; });
  REQUIRE(wanderer.move_to(late));
  wanderer.read_until(kMissed);
  CHECK(wanderer.seen.size() == kMissed + 1);
  CHECK(std::ranges::is_sorted(wanderer.seen));
}

TEST_CASE("redis: an offset that makes no sense, or is not known any more, is no way back") {
  RedisCluster cluster(AdapterKind::streams, true);
  for (const char* offset : {"", "x", "1-1", "+", "0-0 0-1", "9999999999999-0"}) {
    CAPTURE(offset);
    Wanderer wanderer(cluster[0]);
    cluster[0].io.emit("n", 0);
    wanderer.read_until(0);
    wanderer.leave(cluster[0]);
    (void)members_of(cluster[0].io);
    wanderer.offset = offset;
    CHECK_FALSE(wanderer.move_to(cluster[1]));
  }
}

TEST_CASE("redis: Redis dies and comes back, and each event arrives once, at the clients of all") {
  RedisCluster cluster(AdapterKind::streams, true, 2, {"--appendonly", "yes"});
  const auto a = cluster[0].connect();
  const auto b = cluster[1].connect();
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> last = 0;
  std::thread emitter([&] {
    while (!stop) {
      cluster[static_cast<std::size_t>(last) % 2].io.emit("n", ++last);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  for (int i = 0; i < 3; ++i) {
    const auto before = last.load();
    eventually([&] { return last > before + 100; });
    cluster.redis.stop();
    const auto away = last.load();
    eventually([&] { return last > away + 100; });
    cluster.redis.start();
    for (std::size_t k = 0; k < 2; ++k) {
      eventually([&] { return members_of(cluster[k].io) == 2; });
    }
  }
  stop = true;
  emitter.join();
  const auto total = last.load();
  for (const auto& client : {a.get(), b.get()}) {
    std::vector<int> count(static_cast<std::size_t>(total) + 1);
    for (std::int64_t i = 0; i < total; ++i) {
      ++count[static_cast<std::size_t>(client->next()[1].as_integer())];
    }
    CHECK(std::count(count.begin() + 1, count.end(), 1) == total);
  }
}
