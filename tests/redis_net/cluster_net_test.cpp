// SPDX-License-Identifier: MIT
//
// Servers on several threads, joined by a real Redis: every operation, at the clients' ends.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../support/redis_cluster.hpp"
#include "patchbay/presence.hpp"
#include "patchbay/redis/emitter.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

template <typename F>
void with_each_adapter(F&& body) {
  for (const AdapterKind kind : kAllKinds) {
    CAPTURE(name_of(kind));
    RedisCluster cluster(kind);
    body(cluster);
  }
}

using Clients = std::vector<std::unique_ptr<ShardClient>>;

// One on each loop of each server.
Clients everywhere(RedisCluster& cluster) {
  Clients clients;
  for (const auto& server : cluster.members) {
    for (auto& client : server->connect(2)) clients.push_back(std::move(client));
  }
  return clients;
}

}  // namespace

TEST_CASE("redis: what one thread emits reaches the clients of all servers in that order") {
  with_each_adapter([](RedisCluster& cluster) {
    const Clients clients = everywhere(cluster);
    constexpr int kEvents = 300;
    for (int i = 0; i < kEvents; ++i) {
      cluster[0].io.emit("n", i, i % 10 == 0 ? Value(Bytes("\x01\x02")) : Value("text"));
    }
    for (const auto& client : clients) {
      for (int i = 0; i < kEvents; ++i) {
        const auto packet = client->next_packet();
        REQUIRE(packet);
        const auto begin = packet->find("[\"n\",");
        REQUIRE(begin != std::string::npos);
        REQUIRE(std::stoi(packet->substr(begin + 5)) == i);
      }
    }
  });
}

TEST_CASE("redis: rooms reach over servers") {
  with_each_adapter([](RedisCluster& cluster) {
    const Clients clients = everywhere(cluster);
    cluster[0].io.in(clients[3]->sid).sockets_join({"red", "blue"});
    cluster[0].io.in(clients[0]->sid).sockets_join("red");
    // Behind the join, on the same way.
    const auto found = outcome_of<std::vector<RemoteSocket>>([&](auto done) {
      eventually([&] {
        return outcome_of<std::vector<RemoteSocket>>([&](auto inner) {
                 cluster[1].io.in("red").fetch_sockets(std::move(inner));
               }).value.size() == 2;
      });
      cluster[1].io.in("red").fetch_sockets(std::move(done));
    });
    CHECK_FALSE(found.error);
    std::set<std::string> ids;
    for (const RemoteSocket& socket : found.value) ids.insert(socket.id());
    CHECK(ids == std::set{clients[0]->sid, clients[3]->sid});
    cluster[1].io.to("red").except("blue").emit("only 0");
    cluster[1].io.to("blue").emit("only 3");
    cluster[1].io.emit("all");
    CHECK(clients[0]->next() == Array{"only 0"});
    CHECK(clients[0]->next() == Array{"all"});
    CHECK(clients[1]->next() == Array{"all"});
    CHECK(clients[2]->next() == Array{"all"});
    CHECK(clients[3]->next() == Array{"only 3"});
    CHECK(clients[3]->next() == Array{"all"});
    cluster[0].io.in("blue").disconnect_sockets();
    CHECK(clients[3]->next_packet() == "1");
  });
}

TEST_CASE("redis: clients of all servers acknowledge") {
  with_each_adapter([](RedisCluster& cluster) {
    const Clients clients = everywhere(cluster);
    auto answered = std::make_shared<std::promise<Outcome<std::vector<Value>>>>();
    auto future = answered->get_future();
    cluster[0]
        .io.timeout(Millis(10'000))
        .emit_with_ack("q", [answered](std::error_code error, std::vector<Value> values) {
          answered->set_value({error, std::move(values)});
        });
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto packet = clients[i]->next_packet();
      REQUIRE(packet);
      const std::string id = packet->substr(1, packet->find('[') - 1);
      clients[i]->net.send("3" + id + "[" + std::to_string(i) + "]");
    }
    REQUIRE(future.wait_for(ShardedServer::kPatience) == std::future_status::ready);
    auto outcome = future.get();
    CHECK_FALSE(outcome.error);
    std::set<std::int64_t> values;
    for (const Value& value : outcome.value) values.insert(value.as_integer());
    CHECK(values == std::set<std::int64_t>{0, 1, 2, 3});
  });
}

TEST_CASE("redis: servers talk to each other") {
  with_each_adapter([](RedisCluster& cluster) {
    std::mutex mutex;
    std::vector<std::string> heard;
    for (std::size_t i = 0; i < 2; ++i) {
      cluster[i].io.on("hello", [&, i](const std::string& text) {
        const std::lock_guard lock(mutex);
        heard.push_back(std::to_string(i) + text);
        return "from " + std::to_string(i);
      });
    }
    cluster[0].io.server_side_emit("hello", "a");
    const auto outcome = outcome_of<std::vector<Value>>(
        [&](auto done) { cluster[0].io.server_side_emit_with_ack("hello", "b", std::move(done)); });
    CHECK_FALSE(outcome.error);
    CHECK(outcome.value == std::vector<Value>{"from 1"});
    const std::lock_guard lock(mutex);
    CHECK(heard == std::vector<std::string>{"1a", "1b"});
  });
}

TEST_CASE("redis: who does not answer makes the answer a partial one") {
  with_each_adapter([](RedisCluster& cluster) {
    const auto client = cluster[0].connect();
    // Nobody listens there: the others do not answer.
    const auto events = outcome_of<std::vector<Value>>(
        [&](auto done) { cluster[0].io.server_side_emit_with_ack("nobody", std::move(done)); });
    CHECK(events.error == Errc::ack_timeout);
    cluster.redis.pause();
    const auto sockets = outcome_of<std::vector<RemoteSocket>>(
        [&](auto done) { cluster[0].io.fetch_sockets(std::move(done)); });
    cluster.redis.resume();
    CHECK(sockets.error);
    CHECK(sockets.value.size() == 1);
  });
}

TEST_CASE("redis: without it local delivery goes on, and with it the others hear again") {
  for (const AdapterKind kind : kAllKinds) {
    CAPTURE(name_of(kind));
    RedisCluster cluster(kind);
    const auto here = cluster[0].connect();
    const auto there = cluster[1].connect();
    cluster.redis.stop();
    eventually([&] { return !cluster.log().empty(); });
    cluster[0].io.emit("away", 1);
    CHECK(here->next() == Array{"away", 1});
    cluster.redis.start();
    for (std::size_t i = 0; i < 2; ++i) {
      eventually([&] { return members_of(cluster[i].io) == 2; });
    }
    cluster[0].io.emit("back");
    CHECK(here->next() == Array{"back"});
    Array event = there->next();
    // What was emitted meanwhile has waited. A channel gives it to those who listen already.
    if (event == Array{"away", 1} || kind == AdapterKind::streams) {
      CHECK(event == Array{"away", 1});
      event = there->next();
    }
    CHECK(event == Array{"back"});
  }
}

TEST_CASE("redis: one that is silent is left alone, and found again") {
  with_each_adapter([](RedisCluster& cluster) {
    const auto client = cluster[0].connect();
    cluster.redis.pause();
    eventually([&] { return !cluster.log().empty(); });
    cluster[0].io.emit("n");
    CHECK(client->next() == Array{"n"});
    cluster.redis.resume();
    eventually([&] { return members_of(cluster[0].io) == 2; });
  });
}

TEST_CASE("redis: servers come and go while there is traffic") {
  with_each_adapter([](RedisCluster& cluster) {
    const auto client = cluster[0].connect();
    for (int round = 0; round < 5; ++round) {
      ShardedServer& guest = cluster.add();
      eventually([&] { return members_of(guest.io) == 3; });
      guest.io.emit("n", round);
      CHECK(client->next()[1] == Value(round));
      for (int i = 0; i < 50; ++i) cluster[1].io.to("nobody").emit("noise", i);
      cluster.members.pop_back();
      eventually([&] { return members_of(cluster[0].io) == 2; });
    }
  });
}

TEST_CASE("redis: a server that is never run, or where Redis is nowhere, ends well") {
  for (const AdapterKind kind : kAllKinds) {
    CAPTURE(name_of(kind));
    RedisCluster cluster(kind, false, 0);
    { const Server unused(cluster.options()); }
    cluster.redis.stop();
    ShardedServer& alone = cluster.add();
    const auto client = alone.connect();
    alone.io.emit("n");
    CHECK(client->next() == Array{"n"});
    CHECK(members_of(alone.io) == 0);
  }
}

TEST_CASE("redis: namespaces that clients wish for come and go with their subscriptions") {
  for (const AdapterKind kind : kAllKinds) {
    CAPTURE(name_of(kind));
    RedisCluster cluster(kind, false, 0);
    std::vector<std::unique_ptr<ShardedServer>> servers;
    for (int i = 0; i < 2; ++i) {
      ServerOptions options = cluster.options();
      options.cleanup_empty_child_namespaces = true;
      servers.push_back(std::make_unique<ShardedServer>(2, options));
      servers.back()->io.of([](const std::string& name, const Value&) { return name == "/child"; });
      servers.back()->start();
    }
    for (int round = 0; round < 5; ++round) {
      ShardClient a(servers[0]->port);
      ShardClient b(servers[1]->port);
      a.join("/child");
      b.join("/child");
      Namespace& child = servers[0]->io.of("/child");
      eventually([&] {
        return outcome_of<std::size_t>([&](auto done) {
                 child.adapter().server_count(std::move(done));
               }).value == 2;
      });
      child.emit("n", round);
      for (ShardClient* client : {&a, &b}) {
        const auto packet = client->next_packet();
        REQUIRE(packet);
        CHECK(*packet == "2/child,[\"n\"," + std::to_string(round) + "]");
      }
    }
  }
}

TEST_CASE("redis: the emitter reaches clients and servers") {
  RedisCluster cluster(AdapterKind::classic);
  const Clients clients = everywhere(cluster);
  std::promise<std::string> heard;
  cluster[1].io.on("news", [&heard](std::string text) { heard.set_value(std::move(text)); });
  {
    const redis::Emitter io({.url = cluster.redis.url()});
    io.to(clients[0]->sid).emit("one", Bytes("\x01"));
    io.except(clients[0]->sid).emit("others", 2);
    io.in(clients[3]->sid).sockets_join("room");
    io.to("room").emit("room");
    io.server_side_emit("news", "text");
    CHECK(io.flush(Millis(10'000)));
    CHECK_THROWS_AS(io.emit("connect"), std::invalid_argument);
  }
  CHECK(clients[0]->next_packet()->starts_with(R"(51-["one")"));
  for (std::size_t i = 1; i < 4; ++i) CHECK(clients[i]->next() == Array{"others", 2});
  CHECK(clients[3]->next() == Array{"room"});
  CHECK(heard.get_future().get() == "text");
}

TEST_CASE("redis: what an emitter says waits for a Redis that is away") {
  RedisCluster cluster(AdapterKind::classic);
  const auto client = cluster[0].connect();
  cluster.redis.stop();
  const redis::Emitter io({.url = cluster.redis.url(),
                           .timeout = Millis(500),
                           .retry_base = Millis(10),
                           .retry_limit = Millis(100),
                           .on_link = [](const redis::LinkEvent&) {}});
  io.emit("late");
  CHECK_FALSE(io.flush(Millis(50)));
  cluster.redis.start();
  CHECK(io.flush(Millis(10'000)));
  // It may have come before the servers were back: then they have missed it, as they may.
  eventually([&] { return members_of(cluster[0].io) == 2; });
  io.emit("later");
  auto event = client->next();
  if (event == Array{"late"}) event = client->next();
  CHECK(event == Array{"later"});
}

TEST_CASE("redis: presence over servers, of which one dies") {
  RedisCluster cluster(AdapterKind::classic, false, 0);
  const PresenceOptions options{
      .heartbeat = Millis(50), .timeout = Millis(400), .linger = Millis(0)};
  const auto name = [](ShardedServer& server) {
    server.io.use([](const SocketPtr& socket, const Next& next) {
      socket->set_user(socket->handshake().auth()["name"].as_string());
      next();
    });
  };
  auto a = std::make_unique<ShardedServer>(2, cluster.options());
  auto b = std::make_unique<ShardedServer>(2, cluster.options());
  auto here = std::make_unique<Presence>(a->io.sockets(), options);
  auto there = std::make_unique<Presence>(b->io.sockets(), options);
  for (ShardedServer* server : {a.get(), b.get()}) {
    name(*server);
    server->start();
  }
  ShardClient ada(b->port);
  ada.join({}, R"({"name":"ada"})");
  ShardClient ada_too(a->port);
  ada_too.join({}, R"({"name":"ada"})");
  ShardClient bob(b->port);
  bob.join({}, R"({"name":"bob"})");
  for (const Presence* presence : {here.get(), there.get()}) {
    eventually([&] {
      return presence->where("ada").size() == 2 &&
             presence->where("bob") == std::vector{there->node()};
    });
  }
  a->io.to_user("ada").emit("hello");
  CHECK(ada.next() == Array{"hello"});
  CHECK(ada_too.next() == Array{"hello"});
  // Without a word: it is not there any more to say one.
  b->stop();
  there.reset();
  b.reset();
  eventually([&] { return here->users() == std::vector<std::string>{"ada"}; });
  CHECK(here->where("ada") == std::vector{here->node()});
  a->stop();
}
