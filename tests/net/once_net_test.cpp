// SPDX-License-Identifier: MIT
//
// What is shared between the loops of a server: answers that are given once, and numbers of rooms.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../support/sharded_server.hpp"
#include "patchbay/idempotency.hpp"
#include "patchbay/room_sequence.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE("tries of one event by many connections on all loops are handled once") {
  constexpr int kKeys = 50;
  ShardedServer f(4);
  IdempotencyOptions options;
  options.scope = [](const Socket&) { return std::string("everybody"); };
  const Idempotency once(options);
  once.install(f.io.sockets());
  std::atomic<int> calls{0};
  f.io.on_connection([&](const SocketPtr& socket) {
    socket->on("order", [&](int key, Ack ack) {
      ++calls;
      // By another thread, so that answers and tries meet.
      f.io.engine().loop(static_cast<std::size_t>(key) % 4).post([key, ack] { ack(key); });
    });
  });
  f.start();
  const auto clients = f.connect(8);
  for (int key = 0; key < kKeys; ++key) {
    for (const auto& client : clients) {
      client->net.send("2" + std::to_string(key) + "[\"order\"," + std::to_string(key) + "]");
    }
  }
  for (const auto& client : clients) {
    std::set<std::string> answers;
    for (int i = 0; i < kKeys; ++i) answers.insert(client->net.receive().value_or("none"));
    for (int key = 0; key < kKeys; ++key) {
      const std::string number = std::to_string(key);
      CHECK(answers.contains("3" + number + "[" + number + "]"));
    }
  }
  CHECK(calls == kKeys);
  CHECK(once.size() == kKeys);
}

TEST_CASE("a room's numbers come to everybody in their order, whoever emits where") {
  constexpr int kEach = 200;
  for (const bool recovery : {false, true}) {
    CAPTURE(recovery);
    ServerOptions options;
    if (recovery) options.connection_state_recovery.emplace();
    ShardedServer f(4, std::move(options));
    const RoomSequence numbers(f.io.sockets());
    f.io.on_connection([&](const SocketPtr& socket) {
      numbers.join(socket, "room");
      socket->on("say", [&](int count) {
        for (int i = 0; i < count; ++i) numbers.emit("room", "said");
      });
    });
    f.start();
    const auto clients = f.connect(6);
    std::vector<std::uint64_t> last;
    for (const auto& client : clients) {
      const Array joined = client->next();
      REQUIRE(joined.at(0) == Value("room:joined"));
      last.push_back(static_cast<std::uint64_t>(joined.at(1)["seq"].as_integer()));
    }
    for (const auto& client : clients) client->net.send("2[\"say\"," + std::to_string(kEach) + "]");
    std::thread outside([&] {
      for (int i = 0; i < kEach; ++i) numbers.emit("room", "said");
    });
    for (std::size_t c = 0; c < clients.size(); ++c) {
      for (std::size_t i = 0; i < (clients.size() + 1) * kEach; ++i) {
        const Array event = clients[c]->next();
        const auto seq = static_cast<std::uint64_t>(event.at(1)["seq"].as_integer());
        if (seq != last[c] + 1) CHECK(seq == last[c] + 1);
        last[c] = seq;
      }
    }
    outside.join();
  }
}
